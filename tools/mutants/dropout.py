"""Mutants of dropout, wherever the kernel speaks of it."""

from mutant import DROPOUT, EXPLAIN, TWO_THREADS, Mutant


def drawn(name: str, old: str, new: str, tests: tuple[str, ...] = DROPOUT) -> Mutant:
    """Return a mutant of what is drawn, or of what is done with it."""
    return Mutant(f"dropout: {name}", old, new, tests)


MUTANTS = {
    "nnfast/kernel/dropout.pxi": [
        drawn("nine rounds", "for _ in range(10):", "for _ in range(9):"),
        drawn("one key for all rounds", "left + <uint32_t> 0x9E3779B9", "left"),
        drawn("the other key only once", "right + <uint32_t> 0xBB67AE85", "right"),
        drawn(
            "half of a product twice",
            "words.b[i] = <uint32_t> other",
            "words.b[i] = <uint32_t> (other >> 32)",
        ),
        drawn("products exchanged", "0xD2511F53 * words.a[i]", "0xD2511F53 * words.c[i]"),
        drawn("half of the seed", "right = <uint32_t> (seed >> 32)", "right = <uint32_t> seed"),
        drawn("the same neurons in each block", "((first + at) // 4 + i)", "i"),
        drawn("the same neurons in each chunk", "((first + at) // 4 + i)", "(first // 4 + i)"),
        drawn("the layer forgotten", "words.b[i] = <uint32_t> layer", "words.b[i] = 0"),
        drawn("a block's examples from 0 on", "(dropout.example + row)", "row"),
        drawn("one mask for a block", "(dropout.example + row)", "dropout.example"),
        drawn("the update forgotten", "words.d[i] = dropout.update", "words.d[i] = 0"),
        drawn(
            "a word too many below the threshold",
            "words.c[i] < threshold",
            "words.c[i] < threshold + 1",
        ),
        drawn(
            "two words exchanged",
            "drawn[4 * i + 1] = zero if words.b[i]",
            "drawn[4 * i + 1] = zero if words.c[i]",
        ),
        drawn("kept ones as they are", "scale = 1.0 / (1.0 - rate)", "scale = 1.0"),
        drawn(
            "the scale by another road",
            "scale = 1.0 / (1.0 - rate)",
            "scale = 1.0 + rate / (1.0 - rate)",
        ),
        drawn("a threshold of 31 bits", "rate * 4294967296.0", "rate * 2147483648.0"),
        drawn(
            "inputs at the rate of hidden neurons",
            "settings.input_dropout, settings.seed",
            "settings.dropout, settings.seed",
        ),
        drawn(
            "hidden neurons alone count",
            "settings.dropout > 0.0 or settings.input_dropout > 0.0",
            "settings.dropout > 0.0",
        ),
        drawn(
            "the whole outputs sent on",
            "layer.kept if is_masked(layer, dropout) else",
            "layer.outputs if is_masked(layer, dropout) else",
        ),
        drawn(
            "layers numbered like the weights", "dropout, row, at + 1, own", "dropout, row, at, own"
        ),
        drawn(
            "a team: each thread from the first neuron on",
            "row, at + 1, own.columns.first,",
            "row, at + 1, 0,",
            TWO_THREADS,
        ),
    ],
    "nnfast/kernel/article.pxi": [
        drawn("errors of dropped neurons", "if is_masked(before, dropout):", "if False:"),
    ],
    "nnfast/kernel/updates.pxi": [
        drawn("weights moved by whole outputs", "sent_on(layer, &update.dropout)", "layer.outputs"),
    ],
    "nnfast/kernel/batches.pxi": [
        drawn(
            "in a gradient",
            "update.moves = update.dropout.acts = False",
            "update.moves = False; update.dropout.acts = drops(&net.settings)",
        ),
        drawn(
            "each block as the first",
            "update.dropout.example = first - start",
            "update.dropout.example = 0",
        ),
        drawn(
            "places among all examples",
            "update.dropout.example = first - start",
            "update.dropout.example = first",
        ),
        drawn(
            "inputs never",
            "dropped = dropout.acts and net.settings",
            "dropped = False and net.settings",
        ),
    ],
    "nnfast/kernel/calls.pxi": [
        drawn(
            "no update counted in fit",
            "first, updates = last, updates + drops(&member.net.settings)",
            "first = last",
        ),
        drawn("updates counted without it", "updates + drops(&member.net.settings)", "updates + 1"),
        drawn("the count forgotten after a call", "call.updates = updates", "pass"),
    ],
    "nnfast/kernel/engine.pxi": [
        drawn("not one by one", "            and not drops(&net.settings)\n", ""),
        drawn("no update counted in train", "self.call.updates += drops(&net.settings)", "pass"),
        drawn(
            "explain: the mask of the next update",
            "(self.call.updates - 1), 0)",
            "self.call.updates, 0)",
            EXPLAIN,
        ),
        drawn(
            "explain: what is left of other inputs",
            "self.layers[at - 1].kept if at > 0",
            "self.layers[at - 1].outputs if at > 0",
            EXPLAIN,
        ),
        drawn(
            "explain: the loss of the whole network",
            "Dropout(drops(&net.settings), <uint32_t> self.call.updates, 0)",
            "Dropout(False, 0, 0)",
            EXPLAIN,
        ),
    ],
}
