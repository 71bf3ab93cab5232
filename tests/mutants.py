"""Shows that the parity tests can fail: breaks the kernel on purpose, and runs them.

Each mutant is one small change to a copy of the project, which is built (one build of the kernel,
the fastest that this processor runs) and put to ``tests/test_parity.py``, or, where that does not
look, to another file. A mutant that the tests let pass SURVIVED: they
have a hole, or the change moves no bit and has no place here. By hand, since it takes half an hour:

    python tests/mutants.py              # all of them; exit status 1 if one survived
    python tests/mutants.py exp split    # those with one of these words in the name

With NNFAST_KERNEL=avx2 it is that build's turn, whose tiles are others.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from nnfast import kernel_info

BUILD = kernel_info()["kernel"]
ROOT = Path(__file__).parents[1]
KERNEL = "nnfast/kernel/kernel.pyx"
LANES = "nnfast/kernel/lanes.h"
NETWORK = "nnfast/network.py"
SCORES = "nnfast/scores.py"
SETUP = "setup.py"
TESTS_FAILED = 1  # pytest's exit status; others say that the tests did not run

# Options of pytest. Only float64 has an oracle, so float32 is neither built nor tested.
PARITY = ("tests/test_parity.py",)
FLOAT64 = ("-k", "not float32")
TWO_THREADS = ("tests/test_threads.py", "-k", "float64_is_the_oracle")

# The same examples each time, and no search for the smallest that fails: it takes long and the
# first will do. And Ctrl-C also for a job in the background, which begins with it ignored.
QUICK = """
import signal
from hypothesis import Phase, settings
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("mutants", derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")
"""


class Mutant(NamedTuple):
    """A change: in this file, this text, which must be there once, becomes that."""

    name: str
    old: str
    new: str
    file: str = KERNEL
    tests: tuple[str, ...] = PARITY


def in_lanes(name: str, old: str, new: str) -> Mutant:
    return Mutant(name, old, new, LANES)


def with_threads(name: str, old: str, new: str) -> Mutant:
    return Mutant(name, old, new, KERNEL, TWO_THREADS)


def one_fewer(name: str, loop: str) -> Mutant:
    """Return the mutant whose loop, the first of this text, ends before its last round."""
    return Mutant(name, loop, loop.replace("):", " - 1):", 1))


def backwards(name: str, loop: str) -> Mutant:
    """Return the mutant whose loop, the first of this text, runs from the end."""
    return Mutant(name, loop, re.sub(r"range\((\w+)\)", r"range(\1 - 1, -1, -1)", loop, count=1))


def macro(*lines: str) -> str:
    """Return lines as they stand in a macro."""
    return "\n".join(f"{line:99}\\" for line in lines)


# What no test of whole networks can see is not here:
# - squares, a loss or rescale's 0.01 hide the sign of the zero that they start from;
# - exp's lower bound may be anything below -37, since sigmoid is 1.0 from there on, and so may it
#   for softmax, to which e**-746 is nothing beside 1 (tests/test_functions.py sees it), and tanh's
#   bounds anything beyond 18.4, where its quotient is 1.0;
# - the brackets among exp's smallest terms move the result by less than 1e-9 of its last bit.
#
# Nor is what decides only by which way the same sums are made, which moves no bit:
# - how large a tile is, how many rows or terms at once, and which layers are large, narrow, copied;
# - tiles or examples to and fro, since neighbours share no sum;
# - a width of ALONG_THE_REST left out, but for the smallest: the next smaller does twice as much;
# - what stands beyond the last neuron of a padded row: no neuron reads it.
#
# Nor what threads do to each other only by bad luck, as with SLOTS = 2 or a meeting left out where
# another is near.

ORDER = [
    in_lanes(
        "add_tile: from the last term on",
        "for (ptrdiff_t k = 0; k < terms; k++)",
        "for (ptrdiff_t k = terms - 1; k >= 0; k--)",
    ),
    in_lanes(
        "add_tile: every second term first",
        "for (ptrdiff_t k = 0; k < terms; k++)",
        "for (ptrdiff_t k = 0; k < terms; k = k % 2 || k + 2 < terms ? k + 2 : 1)",
    ),
    in_lanes(
        "add_tile: what was there added last",
        macro(
            "                sums[r * columns + t] = *(const lanes *) (c + r * c_row + AT(t));",
            "        UNROLL",
            "        for (ptrdiff_t k = 0; k < terms; k++) {",
        ),
        macro(
            "                sums[r * columns + t] = (lanes) {0};",
            "        UNROLL",
            "        for (ptrdiff_t k = 0; k <= terms; k++) {",
            "            if (k == terms) {",
            "                for (int r = 0; r < rows; r++)",
            "                    for (int t = 0; t < columns; t++)",
            "                        sums[r * columns + t] +=",
            "                            *(const lanes *) (c + r * c_row + AT(t));",
            "                break;",
            "            }",
        ),
    ),
    in_lanes(
        "add_tile: the sign of a zero lost",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "a[r * a_row + k * a_step] * b_terms[t] + (real) 0;",
    ),
    in_lanes(
        "add_blocks: the last block of terms first",
        "for (ptrdiff_t k = 0; k < terms; k += TERMS)",
        "for (ptrdiff_t k = (terms - 1) / TERMS * TERMS; k >= 0; k -= TERMS)",
    ),
    in_lanes(
        "move_and_add_tile: from the last term on",
        "for (ptrdiff_t i = 0; i < fan_in; i++)",
        "for (ptrdiff_t i = fan_in - 1; i >= 0; i--)",
    ),
    in_lanes(
        "move_and_add_tile: every second term first",
        "for (ptrdiff_t i = 0; i < fan_in; i++)",
        "for (ptrdiff_t i = 0; i < fan_in; i = i % 2 || i + 2 < fan_in ? i + 2 : 1)",
    ),
    in_lanes(
        "move_and_add_tile: from the first term",
        "(start + t * width) : (lanes) {0};",
        "(start + t * width) : -(lanes) {0};",
    ),
    in_lanes(
        "move_and_add_tile: weights used before they are moved",
        macro("                lanes w = *place + old * moves[t];", "                *place = w;"),
        macro("                lanes w = *place;", "                *place = w + old * moves[t];"),
    ),
    in_lanes(
        "move_and_add_tile: the sign of a zero lost",
        "*place + old * moves[t];",
        "*place + old * moves[t] + (real) 0;",
    ),
    in_lanes(
        "add_weighted of a large layer: the last rows first",
        "i += FEW_WEIGHTS_ROWS)\n        add_weighted_rows(\n"
        "            inputs + i, weights + i * row",
        "i += FEW_WEIGHTS_ROWS)\n        add_weighted_rows(\n"
        "            inputs + fan_in - i - (\n"
        "                fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i : FEW_WEIGHTS_ROWS\n"
        "            ), weights + (fan_in - i - (\n"
        "                fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i : FEW_WEIGHTS_ROWS\n"
        "            )) * row",
    ),
    Mutant(
        "start_sums: from the first term",
        "memset(sums, 0, width * sizeof(real))",
        "for j in range(width):\n            sums[j] = -0.0",
    ),
    Mutant(
        "backward: from the first term",
        "memset(errors, 0, count * before.width * sizeof(real))",
        "for j in range(count * before.width):\n                errors[j] = -0.0",
    ),
    Mutant(
        "batch: a direction from the first term",
        "memset(part.sums, 0, part.size * sizeof(real))",
        "for j in range(part.size):\n            part.sums[j] = -0.0",
    ),
    Mutant(
        "split: from the first term",
        "total = total1 = total2 = total3 = 0.0",
        "total = total1 = total2 = total3 = -0.0",
    ),
    Mutant(
        "split: the last rows from the first term",
        "        total = 0.0\n        row",
        "        total = -0.0\n        row",
    ),
    backwards(
        "split: from the last term on",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n            tot",
    ),
    backwards(
        "split: the last rows from the last term on",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n        recomb",
    ),
    backwards(
        "squared_error: from the last term on",
        "for k in range(width):\n        total = total + errors",
    ),
    backwards(
        "softmax: from the last term on",
        "for k in range(width):\n        total = total + exponentials",
    ),
    backwards(
        "softmax's slope: from the last term on",
        "for j in range(width):\n            shared = shared +",
    ),
    backwards(
        "cross-entropy's deltas: from the last term on",
        "for k in range(width):\n        total = total + targets[k]\n",
    ),
    backwards(
        "fit: a batch's losses from the last on",
        "for row in range(count):\n                loss[0] =",
    ),
    backwards(
        "evaluate: losses from the last on",
        "for row in range(count):\n                call.loss =",
    ),
    backwards(
        "batch: biases moved by the last example first",
        "for row in range(count):\n                for j",
    ),
]

EDGES = [
    one_fewer(
        "split: last neuron dropped",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n            tot",
    ),
    one_fewer(
        "split: last row dropped",
        "for j in range(whole, fan_in):\n        total",
    ),
    one_fewer(
        "transpose: last neuron dropped",
        "for k in range(fan_out):\n            transposed",
    ),
    one_fewer(
        "transpose: last row dropped",
        "for j in range(fan_in):\n        for k",
    ),
    one_fewer(
        "sigmoid: last neuron dropped",
        "for j in range(width):\n            outputs[j] = one / (one",
    ),
    one_fewer(
        "tanh: last neuron dropped",
        "for j in range(width):\n            outputs[j] = tanh_of",
    ),
    one_fewer(
        "relu: last neuron dropped",
        "for j in range(width):\n            outputs[j] = relu_of",
    ),
    one_fewer(
        "sigmoid's slope: last neuron dropped",
        "for j in range(width):\n            deltas[j] = errors[j] * (outputs[j] *",
    ),
    one_fewer(
        "find_errors: last neuron dropped",
        "for k in range(last.fan_out):",
    ),
    one_fewer(
        "find_steps: last neuron dropped",
        "for i in range(count):\n        steps",
    ),
    one_fewer(
        "squared_error: last neuron dropped",
        "for k in range(width):\n        total = total + errors",
    ),
    one_fewer(
        "batch: last example does not move biases",
        "for row in range(count):\n                for j",
    ),
    one_fewer(
        "batch: last example not copied beside the others",
        "for row in range(share.first, share.first + share.count):\n        memcpy",
    ),
    one_fewer(
        "decay: last weight dropped",
        "for i in range(size):\n        values[i] = values[i] * factor",
    ),
    one_fewer(
        "take_decay: last weight dropped",
        "for i in range(size):\n        direction[i] = direction[i] -",
    ),
    one_fewer(
        "apply_momentum: last weight dropped",
        "for i in range(size):\n            values[i] = values[i] + lr * velocity[i]",
    ),
    one_fewer(
        "apply_adam: last weight dropped",
        "for i in range(size):\n        d = direction[i]",
    ),
    one_fewer(
        "start_online: last row not copied",
        "for i in range(layer.fan_in):\n                memcpy(\n                    part.weights",
    ),
    one_fewer(
        "finish_online: last row not copied back",
        "for i in range(layer.fan_in):\n                    memcpy(",
    ),
    one_fewer(
        "forward_online: last bias not moved",
        "for j in range(part.padded):",
    ),
    one_fewer(
        "finish_online: last bias not moved",
        "for j in range(part.count):",
    ),
]

# Several registers of neurons at once, and what they leave over.
TILES = [
    in_lanes("add_tile: last term dropped", "k < terms; k++", "k < terms - 1; k++"),
    in_lanes(
        "add_tile: last row of a tall tile dropped",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "(r == ROWS - 1 ? (real) 0 : a[r * a_row + k * a_step]) * b_terms[t];",
    ),
    in_lanes(
        "add_tile: last row of a low tile dropped",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "(rows == FEW_ROWS && r == rows - 1 ? (real) 0 : a[r * a_row + k * a_step]) * b_terms[t];",
    ),
    in_lanes(
        "add_tile: last column of a wide tile by the weights of its neighbour",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "a[r * a_row + k * a_step] * b_terms[t - (columns == WIDE && t == WIDE - 1)];",
    ),
    in_lanes(
        "add_tile: what was there ignored",
        "sums[r * columns + t] = *(const lanes *) (c + r * c_row + AT(t));",
        "sums[r * columns + t] = (lanes) {0};",
    ),
    in_lanes("move_and_add_tile: last row dropped", "i < fan_in; i++", "i < fan_in - 1; i++"),
    in_lanes(
        "move_and_add_tile: last column of a wide tile by the steps of its neighbour",
        "*place + old * moves[t];",
        "*place + old * moves[t - (columns == WIDE && t == WIDE - 1)];",
    ),
    in_lanes(
        "move_and_add_tile: all columns by the steps of the first",
        "*(const lanes *) (steps + t * width)",
        "*(const lanes *) (steps)",
    ),
    in_lanes(
        "move_and_add_tile: all columns from the start of the first",
        "*(const lanes *) (start + t * width)",
        "*(const lanes *) (start)",
    ),
    in_lanes(
        "move_and_add_tile: start ignored",
        "start ? *(const lanes *) (start + t * width) : (lanes) {0}",
        "(lanes) {0}",
    ),
    in_lanes(
        "move_and_add_tile: old and new inputs swapped",
        "real old = old_inputs[i], x = inputs[i];",
        "real old = inputs[i], x = old_inputs[i];",
    ),
    in_lanes(
        "add_rows: last neuron dropped",
        "more = (columns) * (bytes) / REAL_BYTES; j + more <= width",
        "more = (columns) * (bytes) / REAL_BYTES; j + more < width",
    ),
    in_lanes("add_blocks: last row dropped", "r + rows_at_once <= rows", "r + rows_at_once < rows"),
    in_lanes("add_blocks: single rows dropped", "DOWN(1)\n", "\n"),
    in_lanes(
        "add_blocks: last block of terms short",
        "terms - k < TERMS ? terms - k : TERMS",
        "terms - k < TERMS ? terms - k - (k > 0) : TERMS",
    ),
    in_lanes(
        "add_blocks: first block only",
        "for (ptrdiff_t k = 0; k < terms; k += TERMS)",
        "for (ptrdiff_t k = 0; k < terms && k == 0; k += TERMS)",
    ),
    in_lanes(
        "add_blocks: second block with the inputs of the first",
        "a + r * a_row + k * a_step, a_row",
        "a + r * a_row, a_row",
    ),
    in_lanes(
        "add_blocks: second block with the weights of the first",
        "b + k * b_step, b_step, c + r",
        "b, b_step, c + r",
    ),
    in_lanes(
        "ALONG_THE_REST: 8 bytes left out", "along(add_tile_8, move_and_add_tile_8, 8, 1)", ""
    ),
    in_lanes(
        "FOR_EACH_TILE: last tile left out",
        "number < tiles; number++",
        "number < tiles - (tiles > 1); number++",
    ),
    in_lanes(
        "FOR_EACH_TILE: backwards, the first tile each time",
        "(backwards) ? tiles - 1 - number : number",
        "(backwards) ? 0 : number",
    ),
    in_lanes(
        "FOR_EACH_TILE: backwards, begins where the way forwards does",
        "columns * tile / tiles * LANES;",
        "columns * number / tiles * LANES;",
    ),
    in_lanes(
        "FOR_EACH_TILE: tiles begin as if all were as wide",
        "columns * tile / tiles * LANES;",
        "columns / tiles * tile * LANES;",
    ),
    in_lanes(
        "FOR_EACH_TILE: no tile is wider",
        "columns * (tile + 1) / tiles - columns * tile / tiles)",
        "columns / tiles)",
    ),
    in_lanes(
        "FOR_EACH_TILE: a tile wider than WIDE",
        "columns <= (most) ? 1 :",
        "columns <= (most) + 1 ? 1 :",
    ),
    in_lanes(
        "FOR_EACH_TILE: too few tiles",
        "(columns + (most) - 1) / (most)",
        "(columns + (most) - 2) / (most)",
    ),
    in_lanes(
        "move_and_add_weighted_rows: rest left out",
        "    ptrdiff_t j = columns * LANES;\n    ALONG_THE_REST(ALONG)\n",
        "",
    ),
    in_lanes(
        "add_weighted_rows: narrow layers left out",
        "        return;\n    ALONG_THE_REST(ALONG)\n",
        "        return;\n",
    ),
    in_lanes("FOR_EACH_TILE: no tile of 1", "TILE(1) TILE(2)", "TILE(2)"),
    in_lanes("FOR_EACH_TILE: no tile of 5", "TILE(5) TILE(6)", "TILE(6)"),
    in_lanes(
        "add_weighted_rows: all tiles with the weights of the first",
        "weights + first, row, sums + first",
        "weights, row, sums + first",
    ),
    in_lanes(
        "add_weighted_rows: no last register of narrow layers",
        "1, 2, width - (bytes) / REAL_BYTES",
        "1, 2, 0",
    ),
    in_lanes(
        "add_weighted_rows: last register of a wide layer not within its tile",
        ": width - LANES - first",
        ": width - LANES",
    ),
    in_lanes("add_outer: against the steps", "row[j] + factor * b[j]", "row[j] - factor * b[j]"),
    in_lanes(
        "move_and_add_weighted_rows: all tiles by the steps of the first",
        "steps + first, inputs, start ? start + first",
        "steps, inputs, start ? start + first",
    ),
    in_lanes(
        "move_and_add_weighted_rows: all tiles from the start of the first",
        "steps + first, inputs, start ? start + first",
        "steps + first, inputs, start ? start",
    ),
    in_lanes(
        "move_and_add_weighted_rows: the rest by the steps of the first",
        "steps + j, inputs, start ? start + j",
        "steps, inputs, start ? start + j",
    ),
    in_lanes(
        "move_and_add_weighted_rows: the rest from the start of the first",
        "steps + j, inputs, start ? start + j",
        "steps + j, inputs, start ? start",
    ),
    in_lanes(
        "add_weighted of a large layer: last block short",
        "weights + i * row, row, sums,\n            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i :",
        "weights + i * row, row, sums,\n"
        "            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i - 1 :",
    ),
    in_lanes(
        "add_weighted of a large layer: all blocks with the weights of the first",
        "inputs + i, weights + i * row, row, sums",
        "inputs + i, weights, row, sums",
    ),
    in_lanes(
        "move_and_add_weighted of a large layer: last block short",
        "start : sums, sums,\n            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i :",
        "start : sums, sums,\n            fan_in - i < FEW_WEIGHTS_ROWS ? fan_in - i - 1 :",
    ),
    in_lanes(
        "move_and_add_weighted of a large layer: all blocks by the inputs of the first",
        "old_inputs + i, steps, inputs + i",
        "old_inputs, steps, inputs + i",
    ),
    in_lanes(
        "move_and_add_weighted of a large layer: each block from the start",
        "i == 0 ? start : sums",
        "start",
    ),
    in_lanes(
        "move_and_add_weighted of a large layer: start ignored", "i == 0 ? start : sums", "sums"
    ),
    in_lanes(
        "move_and_add_weighted of a large layer: from zero",
        "i == 0 ? start : sums",
        "i == 0 ? NULL : sums",
    ),
]

# Only where the registers are widest, or are not.
WIDE_TILES = [
    in_lanes("FOR_EACH_TILE: no tile of 9", "TILE(8) TILE(9)\n#else", "TILE(8)\n#else"),
    in_lanes(
        "ALONG_THE_REST: 32 bytes in half",
        "along(add_tile_32, move_and_add_tile_32, 32, 1)",
        "along(add_tile_16, move_and_add_tile_16, 32, 1)",
    ),
    in_lanes(
        "ALONG_THE_REST: 16 bytes in half",
        "along(add_tile_16, move_and_add_tile_16, 16, 1)",
        "along(add_tile_8, move_and_add_tile_8, 16, 1)",
    ),
]
NARROW_TILES = [
    in_lanes("FOR_EACH_TILE: no tile of 6", "TILE(5) TILE(6)", "TILE(5)"),
    in_lanes(
        "add_tile: last column of two by the weights of its neighbour",
        "a[r * a_row + k * a_step] * b_terms[t];",
        "a[r * a_row + k * a_step] * b_terms[t - (rows > 1 && t == 1)];",
    ),
    in_lanes(
        "add_rows: single registers left out",
        "    if (COLUMNS > 1) ALONG(add_tile, move_and_add_tile, REGISTER, 1)\n",
        "    j = width - width % LANES;\n",
    ),
]

NEURONS = [
    Mutant(
        "sigmoid: e**x / (1 + e**x)",
        "one / (one + exp_of(-signals[j]))",
        "exp_of(signals[j]) / (one + exp_of(signals[j]))",
    ),
    Mutant("sigmoid: a constant", "one / (one + exp_of(-signals[j]))", "0.5"),
    Mutant(
        "sigmoid's slope: in another order",
        "errors[j] * (outputs[j] * (one - outputs[j]))",
        "errors[j] * outputs[j] * (one - outputs[j])",
    ),
    Mutant("tanh: unbounded below", "t = -one if x < -end else t", "pass"),
    Mutant("tanh: unbounded above", "return one if x > end else t", "return t"),
    Mutant("tanh: ends too early", "end = 20.0", "end = 10.0"),
    Mutant("tanh: NaN becomes 1", "one if x > end else t", "t if x <= end else one"),
    Mutant(
        "tanh: the largest terms first",
        "scale * rest + (scale - one)",
        "(scale * rest + scale) - one",
    ),
    Mutant(
        "tanh's slope: in another order",
        "one - outputs[j] * outputs[j]",
        "(one - outputs[j]) * (one + outputs[j])",
    ),
    Mutant("relu: NaN becomes 0", "zero if x <= zero else x", "x if x > zero else zero"),
    Mutant("relu: -0.0 stays", "zero if x <= zero else x", "zero if x < zero else x"),
    Mutant("relu's slope: 1 at 0", "zero if outputs[j] <= zero", "zero if outputs[j] < zero"),
    Mutant("softmax: not shifted", "exp_of(signals[k] - largest[0])", "exp_of(signals[k])"),
    Mutant("softmax: over a whole block", "if layer.activation != SOFTMAX:", "if True:"),
    Mutant(
        "softmax: over what is no neuron's too",
        "outputs + row * layer.width, layer.fan_out",
        "outputs + row * layer.width, layer.width",
    ),
    Mutant(
        "softmax online: over what is no neuron's too",
        "activate(SOFTMAX, signals, outputs, layer.fan_out)",
        "activate(SOFTMAX, signals, outputs, layer.width)",
    ),
    Mutant("softmax: times 1 / the sum", "outputs[j] / total", "outputs[j] * (one / total)"),
    Mutant(
        "softmax's slope: in another order",
        "outputs[j] * (errors[j] - shared)",
        "outputs[j] * errors[j] - outputs[j] * shared",
    ),
    Mutant(
        "cross-entropy of sigmoid: in another order",
        "(relu_of(signals[k]) - signals[k] * targets[k])\n"
        "                + log_of(1.0 + exp_of(-fabs(signals[k])))",
        "(relu_of(signals[k]) + log_of(1.0 + exp_of(-fabs(signals[k]))))\n"
        "                - signals[k] * targets[k]",
    ),
    Mutant(
        "cross-entropy of softmax: in another order",
        "(largest - signals[k]) + log_sum",
        "(largest + log_sum) - signals[k]",
    ),
    Mutant(
        "cross-entropy's deltas: targets assumed to sum to 1",
        "targets[k] - outputs[k] * total",
        "targets[k] - outputs[k]",
    ),
]

UPDATES = [
    # Only the order is wrong where lr is 0.1, as in test_any_layout_of_one_example.
    Mutant(
        "backward: weights split after their update",
        "        # For one example too: a sum",
        "        find_steps(layer.deltas, layer.steps, 0.1, layer.width)\n"
        "        add_product(\n"
        "            before.outputs, 1, before.width, layer.steps, layer.width,\n"
        "            layer.weights.values, layer.fan_out, layer.fan_in, 1, layer.fan_out,\n"
        "        )\n"
        "        # For one example too: a sum",
    ),
    Mutant(
        "backward: deltas for errors",
        "layer.deltas if net.settings.gradient else layer.errors\n"
        "        sent_back = sent_back + s",
        "layer.deltas\n        sent_back = sent_back + s",
    ),
    Mutant(
        "backward: errors for deltas",
        "layer.deltas if net.settings.gradient else layer.errors\n"
        "        sent_back = sent_back + s",
        "layer.errors\n        sent_back = sent_back + s",
    ),
    Mutant(
        "backward_online: deltas for errors",
        "layer.deltas if net.settings.gradient else layer.errors\n"
        "        sent_back = sent_back + (",
        "layer.deltas\n        sent_back = sent_back + (",
    ),
    Mutant(
        "backward_online: errors for deltas",
        "layer.deltas if net.settings.gradient else layer.errors\n"
        "        sent_back = sent_back + (",
        "layer.errors\n        sent_back = sent_back + (",
    ),
    Mutant("find_steps: rate left out", "steps[i] = factor * deltas[i]", "steps[i] = deltas[i]"),
    Mutant(
        "start_online: weights not copied again",
        "            for i in range(layer.fan_in):\n                memcpy(\n"
        "                    part.w",
        "            for i in range(layer.fan_in if part.own_weights[0] == 0.0 else 0):\n"
        "                memcpy(\n                    part.w",
    ),
    Mutant(
        "start_online: biases not copied again",
        "            memcpy(\n                part.biases, layer.biases.values + part.first,\n"
        "                part.count * sizeof(real),\n            )\n",
        "",
    ),
    Mutant(
        "start_online: weights not transposed again",
        "        if at > 0:\n            transpose(",
        "        if at > 0 and part.transposed[0] == 0.0:\n            transpose(",
    ),
    Mutant(
        "forward_online: bias forgotten",
        "part.biases[j] = part.biases[j] + steps[j]",
        "part.biases[j] = part.biases[j]",
    ),
    Mutant(
        "forward_online: moved by the new outputs",
        "            layer.outputs + (part.slot + old) * layer.width\n        )",
        "            layer.outputs + (part.slot + slot) * layer.width\n        )",
    ),
    Mutant(
        "forward_online: moved by the new steps",
        "steps = layer.steps + (part.slot + old) * layer.width + part.first",
        "steps = layer.steps + (part.slot + slot) * layer.width + part.first",
    ),
    Mutant(
        "backward_online: transposed weights not moved", "        if is_first:", "        if True:"
    ),
    Mutant(
        "backward_online: moved by the new outputs",
        "before.outputs + (own.slot + old) * before.width + own.first,",
        "before.outputs + (own.slot + slot) * before.width + own.first,",
    ),
    Mutant(
        "backward_online: moved by the new steps",
        "layer.steps + (part.slot + old) * layer.width,",
        "layer.steps + (part.slot + slot) * layer.width,",
    ),
    Mutant(
        "backward_online: last neuron's error dropped",
        "sent_back, NULL, before.errors + row, layer.fan_out, own.padded",
        "sent_back, NULL, before.errors + row, layer.fan_out - 1, own.padded",
    ),
    Mutant(
        "backward_online: the first example's sums not cleared",
        "            start_sums(NULL, before.errors + row, own.padded)\n",
        "",
    ),
    Mutant(
        "fit_online: one slot",
        "old, slot = slot, slot + 1 if slot + 1 < SLOTS else 0",
        "old, slot = 0, 0",
    ),
    Mutant(
        "fit_online: moved by the wrong example",
        "NULL if place == start else inputs_at(examples, place - 1)",
        "NULL if place == start else inputs_at(examples, place)",
    ),
    Mutant(
        "fit_online: targets of the example before",
        "targets_at(examples, place), net.online",
        "targets_at(examples, place - (place > start)), net.online",
    ),
    Mutant(
        "finish_online: moved by the example before",
        "finish_online(net, inputs_at(examples, stop - 1), slot)",
        "finish_online(net, inputs_at(examples, stop - 1), old)",
    ),
    Mutant(
        "finish_online: last update forgotten",
        "layer.fan_in, 1, part.count,",
        "layer.fan_in, 0, part.count,",
    ),
    Mutant(
        "finish_online: last row not moved",
        "layer.fan_in, 1, part.count,",
        "layer.fan_in - 1, 1, part.count,",
    ),
    Mutant(
        "finish_online: last neuron not moved",
        "layer.fan_in, 1, part.count,",
        "layer.fan_in, 1, part.count - 1,",
    ),
    Mutant(
        "finish_online: copies not brought back",
        "            if part.is_copied:\n                for",
        "            if False:\n                for",
    ),
    Mutant(
        "finish_online: last update of biases forgotten",
        "layer.biases.values[part.first + j] = part.biases[j] + steps[j]",
        "layer.biases.values[part.first + j] = part.biases[j]",
    ),
    Mutant(
        "fit: order ignored",
        "return place if examples.order == NULL else <Py_ssize_t> examples.order[place]",
        "return place",
    ),
    Mutant(
        "fit: targets not in order",
        "examples.targets + example_at(examples, place)",
        "examples.targets + place",
    ),
    Mutant(
        "batch: a sum and not a mean",
        "(lr if settings.optimizer == SGD else 1.0) / (stop - start)",
        "(lr if settings.optimizer == SGD else 1.0)",
    ),
    Mutant(
        "batch: mean taken before the rate",
        "(lr if settings.optimizer == SGD else 1.0) / (stop - start)",
        "(lr if settings.optimizer == SGD else 1.0) * (1.0 / (stop - start))",
    ),
    Mutant(
        "batch: one block only",
        "count = min(BLOCK * net.team.size, stop - first)",
        "count = min(BLOCK * net.team.size, stop - first)\n        if first > start: break",
    ),
    Mutant(
        "batch: examples not in order",
        "if examples.order == NULL or count == 1:",
        "if True:",
    ),
    Mutant(
        "batch: last example does not move weights",
        "layer.fan_out, share.count, count, layer.fan_out",
        "layer.fan_out, share.count, count - 1, layer.fan_out",
    ),
    Mutant(
        "batch: weights moved between blocks",
        "settings.optimizer != SGD or batch_size > BLOCK",
        "settings.optimizer != SGD",
    ),
    Mutant(
        "batch: weights moved between a block and one example",
        "settings.optimizer != SGD or batch_size > BLOCK",
        "settings.optimizer != SGD or batch_size > BLOCK + 1",
    ),
    Mutant(
        "batch: sums of weights and biases in one place",
        "layer.biases.sums = rest + layer.weights.size",
        "layer.biases.sums = rest",
    ),
    Mutant(
        "batch: weights not transposed again",
        "        transpose(layer.weights.values, net.transposed,",
        "        if net.transposed[0] == 0.0: transpose(layer.weights.values, net.transposed,",
    ),
    Mutant("decay: forgotten", "if direct and settings.decay != 0.0:", "if False:"),
    Mutant(
        "decay: between blocks too", "if direct and settings.decay != 0.0:", "if settings.decay:"
    ),
    Mutant(
        "decay: forgotten in sums",
        "scale(part.sums, 1.0 - lr * decay, part.size)",
        "pass",
    ),
    Mutant(
        "decay: of biases too",
        "finish_batch(net, &net.layers[at].biases, lr, 0.0)",
        "finish_batch(net, &net.layers[at].biases, lr, settings.decay)",
    ),
    Mutant(
        "decay: of biases in sums too",
        "start_batch(net, &net.layers[at].biases, lr, 0.0)",
        "start_batch(net, &net.layers[at].biases, lr, settings.decay)",
    ),
    Mutant(
        "momentum: direction damped",
        "mu * velocity[i] + direction[i]",
        "mu * velocity[i] + (1.0 - mu) * direction[i]",
    ),
    Mutant(
        "nesterov: in another order",
        "lr * (direction[i] + mu * velocity[i])",
        "(lr * direction[i] + lr * (mu * velocity[i]))",
    ),
    Mutant("adam: square in another order", "rest2 * (d * d)", "rest2 * d * d"),
    Mutant(
        "adam: step in another order",
        "(rate * m) / (root_of(v) / root + epsilon)",
        "rate * (m / (root_of(v) / root + epsilon))",
    ),
    Mutant(
        "adam: first power of the update before",
        "lr / (1.0 - net.powers[0] * settings.beta1)",
        "lr / (1.0 - net.powers[0])",
    ),
    Mutant(
        "adam: second power of the update before",
        "sqrt(1.0 - net.powers[1] * settings.beta2)",
        "sqrt(1.0 - net.powers[1])",
    ),
    Mutant(
        "adam: first power not raised",
        "net.powers[0] = net.powers[0] * settings.beta1",
        "net.powers[0] = settings.beta1",
    ),
    Mutant(
        "adam: second power not raised",
        "net.powers[1] = net.powers[1] * settings.beta2",
        "net.powers[1] = settings.beta2",
    ),
    Mutant(
        "batch: no look for Ctrl-C", "if visited > VISITS_A_LOOK and first < stop:", "if False:"
    ),
    Mutant("batch: finished after Ctrl-C", "        if net.team.stopped:\n", "        if False:\n"),
]

CALLS = [
    Mutant(
        "fit: each call starts at the first example",
        "fit(inputs, targets, places, start, stop, batch_size, lr, loss)",
        "fit(inputs, targets, places, 0, stop - start, batch_size, lr, loss)",
        NETWORK,
    ),
    Mutant(
        "fit: loss summed per call",
        "loss = self._kernel.fit(inputs, targets, places, start, stop, batch_size, lr, loss)",
        "loss += self._kernel.fit(inputs, targets, places, start, stop, batch_size, lr, 0.0)",
        NETWORK,
    ),
    Mutant(
        "fit: batches cut by a call's end",
        "// (weights * batch_size)) * batch_size",
        "// weights)",
        NETWORK,
    ),
    Mutant(
        "evaluate: each call starts at the first example",
        "evaluate(inputs, targets, outputs, start, stop, loss)",
        "evaluate(inputs, targets, outputs, 0, stop - start, loss)",
        NETWORK,
    ),
    Mutant(
        "evaluate: loss summed per call",
        "loss = self._kernel.evaluate(inputs, targets, outputs, start, stop, loss)",
        "loss += self._kernel.evaluate(inputs, targets, outputs, start, stop, 0.0)",
        NETWORK,
    ),
    Mutant(
        "predict: each call starts at the first example",
        "predict(inputs, outputs, start, stop)",
        "predict(inputs, outputs, 0, stop - start)",
        NETWORK,
    ),
    Mutant(
        "score: the last of equals",
        "np.argmax(ranked, axis=1)",
        "ranked.shape[1] - 1 - np.argmax(ranked[:, ::-1], axis=1)",
        SCORES,
    ),
    Mutant(
        "score: NaN is the largest",
        "ranked = np.where(np.isnan(rows), -np.inf, rows)",
        "ranked = rows",
        SCORES,
    ),
    Mutant(
        "score: an output in the middle is above",
        "(outputs > middle)",
        "(outputs >= middle)",
        SCORES,
    ),
    Mutant(
        "score: a target in the middle is above",
        "above = targets > middle",
        "above = targets >= middle",
        SCORES,
    ),
    Mutant(
        "r_squared: distance from the first target",
        "targets[example, column] - mean",
        "targets[example, column] - targets[0, column]",
    ),
    Mutant("r_squared: 1 without spread", "return 1.0 if missed == 0.0 else 0.0", "return 1.0"),
    Mutant(
        "backquery: logit as a difference", "log_of(y / (1.0 - y))", "log_of(y) - log_of(1.0 - y)"
    ),
    Mutant(
        "backquery: artanh as a difference",
        "log_of((1.0 + y) / (1.0 - y))",
        "(log_of(1.0 + y) - log_of(1.0 - y))",
    ),
    Mutant(
        "backquery: biases forgotten",
        "layer.signals[j] - layer.biases.values[j]",
        "layer.signals[j]",
    ),
    Mutant(
        "rescale: multiplied first",
        "(values[i] - low) / (high - low) * 0.98",
        "(values[i] - low) * 0.98 / (high - low)",
    ),
    Mutant(
        "rescale: equal values divided by 0", "0.5 if low == high else (values[i]", "(values[i]"
    ),
    Mutant("rescale: NaN is the lowest", "if values[i] < low:", "if not values[i] >= low:"),
]

FUNCTIONS = [
    Mutant(
        "exp: polynomial in another order",
        "((c2 + r * c3) + r2 * (c4 + r * c5))",
        "(c2 + (r * c3 + r2 * (c4 + r * c5)))",
    ),
    Mutant("exp: polynomial short of a term", "c12 + r * c13", "c12"),
    Mutant("exp: the largest terms first", "high + (r2 * tail - low)", "(high - low) + r2 * tail"),
    Mutant(
        "exp: ln 2 in one part", "LOG_LN2_HIGH 0x1.62e42feep-1", "LOG_LN2_HIGH 0x1.62e42fefa39efp-1"
    ),
    Mutant("exp: scaled in one step", "two_to(half) * two_to(k - half)", "two_to(k)"),
    Mutant("exp: bounded too low", "EXP_HIGHEST 710.0", "EXP_HIGHEST 700.0"),
    Mutant("exp: unbounded below", "power = zero if x < EXP_LOWEST else power", "pass"),
    Mutant("exp: unbounded above", "return infinite if x > EXP_HIGHEST else power", "return power"),
    Mutant(
        "exp: NaN becomes infinite",
        "infinite if x > EXP_HIGHEST else power",
        "power if x <= EXP_HIGHEST else infinite",
    ),
    Mutant("log: subnormals off by a factor of 2", "k = -54.0", "k = -53.0"),
    Mutant(
        "log: in another order",
        "k * LOG_LN2_HIGH - (\n"
        "        (half_square - (s * (half_square + tail) + k * LOG_LN2_LOW)) - f\n"
        "    )",
        "k * LOG_LN2_HIGH + (\n"
        "        f - (half_square - (s * (half_square + tail)) + k * LOG_LN2_LOW)\n"
        "    )",
    ),
]

# By gcc or clang; the first needs a processor with fused multiply-add and AVX2.
FLAGS = [
    Mutant(
        "build: contraction on",
        '"-ffp-contract=off"',
        '"-O3", "-ffp-contract=fast", "-mfma", "-mavx2"',
        SETUP,
    ),
    Mutant(
        "build: reassociation on",
        '"-fno-math-errno"',
        '"-O3", "-fno-math-errno", "-funsafe-math-optimizations"',
        SETUP,
    ),
]

# What goes wrong only in a team's second thread, or for want of a meeting.
THREADS = [
    with_threads(
        "share_of: the last of a share left out",
        "share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first",
        "share.count = max(\n"
        "        min(total, units * (net.me + 1) // net.team.size * unit - net.me)\n"
        "        - share.first, 0,\n"
        "    )",
    ),
    with_threads(
        "share_of: shares overlap",
        "share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first",
        "share.count = min(\n"
        "        total, units * (net.me + 1) // net.team.size * unit + unit\n"
        "    ) - share.first",
    ),
    with_threads("part_of: the first values", "all.values + share.first", "all.values"),
    with_threads("part_of: the first sums", "all.sums + share.first", "all.sums"),
    with_threads("part_of: the first of one slot", "all.slot1 + share.first", "all.slot1"),
    with_threads("part_of: the first of the other slot", "all.slot2 + share.first", "all.slot2"),
    with_threads(
        "decay: the first weights",
        "layer.weights.values + share.first * layer.fan_out, factor",
        "layer.weights.values, factor",
    ),
    with_threads(
        "add_flows: the first weights",
        "weights = weights + share.first * layer.fan_out",
        "pass",
    ),
    with_threads(
        "add_flows: the first inputs",
        "inputs + share.first, 1, inputs_row",
        "inputs, 1, inputs_row",
    ),
    with_threads(
        "add_flows: biases moved by each thread",
        "if layer.biases.values != NULL and net.me == 0:",
        "if layer.biases.values != NULL:",
    ),
    with_threads("batch: the first inputs", "inputs + share.first * examples.inodes", "inputs"),
    with_threads(
        "batch: the first targets",
        "targets_at(examples, first + row)",
        "targets_at(examples, first + row - share.first)",
    ),
    with_threads(
        "batch: the first deltas",
        "layer.deltas + share.first * layer.width,",
        "layer.deltas,",
    ),
    with_threads(
        "batch: losses added by each thread",
        "if net.me == 0:\n            for row in range(count):\n                loss[0]",
        "if True:\n            for row in range(count):\n                loss[0]",
    ),
    with_threads(
        "batch: powers raised by each thread",
        "if settings.optimizer == ADAM and net.me == 0:",
        "if settings.optimizer == ADAM:",
    ),
    with_threads(
        "predict: the first examples",
        "place = call.start + share.first, stop",
        "place = call.start, stop",
    ),
    with_threads(
        "evaluate: the first examples",
        "predict_block(net, call, place + share.first,",
        "predict_block(net, call, place,",
    ),
    with_threads(
        "fit_online: losses added by each thread",
        "        if net.me == 0:\n            loss[0] = loss[0] + added",
        "        if True:\n            loss[0] = loss[0] + added",
    ),
    with_threads(
        "start_online: the first weights",
        "part.weights, part.row = layer.weights.values + part.first,",
        "part.weights, part.row = layer.weights.values,",
    ),
    with_threads(
        "start_online: copies of the first weights",
        "i * layer.fan_out + part.first,\n                    part.count",
        "i * layer.fan_out,\n                    part.count",
    ),
    with_threads(
        "start_online: copies of the first biases",
        "part.biases, layer.biases.values + part.first,",
        "part.biases, layer.biases.values,",
    ),
    with_threads(
        "forward_online: the first steps",
        "steps = layer.steps + (part.slot + old) * layer.width + part.first",
        "steps = layer.steps + (part.slot + old) * layer.width",
    ),
    with_threads(
        "backward_online: the first transposed weights, moved",
        "part.transposed + own.first, before.width,\n                layer.steps",
        "part.transposed, before.width,\n                layer.steps",
    ),
    with_threads(
        "backward_online: the first transposed weights, not moved yet",
        "sent_back, part.transposed + own.first",
        "sent_back, part.transposed",
    ),
    with_threads(
        "backward_online: moved by the first outputs",
        "before.outputs + (own.slot + old) * before.width + own.first,",
        "before.outputs + (own.slot + old) * before.width,",
    ),
    with_threads(
        "finish_online: only the caller's neurons moved",
        "if part.is_split or net.me == 0:",
        "if net.me == 0:",
    ),
    with_threads(
        "finish_online: copied back to the first weights",
        "i * layer.fan_out + part.first,\n                        part.weights",
        "i * layer.fan_out,\n                        part.weights",
    ),
    with_threads(
        "finish_online: the first biases",
        "layer.biases.values[part.first + j]",
        "layer.biases.values[j]",
    ),
    with_threads(
        "forward_online: not met",
        "        if part.is_split:\n            meet(net.team)\n        old",
        "        old",
    ),
    with_threads(
        "backward_online: not met",
        "        if part.is_split:\n            meet(net.team)\n        sent",
        "        sent",
    ),
    with_threads(
        "batch: not met before the flows",
        "        meet(net.team)\n        if net.me == 0:\n            for row in range(count):\n"
        "                loss",
        "        if net.me == 0:\n            for row in range(count):\n                loss",
    ),
]


def watched(name: str, old: str, new: str, file: str = KERNEL) -> Mutant:
    return Mutant(name, old, new, file, ("tests/test_seen_range.py", *FLOAT64))


def taken_apart(name: str, old: str, new: str) -> Mutant:
    return Mutant(name, old, new, KERNEL, ("tests/test_explain.py", *FLOAT64))


INSIDE = [
    watched(
        "find_ends: the rest left out",
        "for (ptrdiff_t i = whole; i < count; i++)",
        "for (ptrdiff_t i = count; i < count; i++)",
        LANES,
    ),
    watched(
        "find_ends: the rest only",
        "for (ptrdiff_t i = 0; i < whole; i += LANES) {\n        const numbers value",
        "for (ptrdiff_t i = whole; i < whole; i += LANES) {\n        const numbers value",
        LANES,
    ),
    watched(
        "find_ends: one lane only",
        "for (int lane = 0; lane < LANES; lane++) {\n        *low",
        "for (int lane = 0; lane < 1; lane++) {\n        *low",
        LANES,
    ),
    watched("find_ends: negative zeros", "    *low += 0.0;\n", "", LANES),
    watched(
        "find_ends: NaN is lowest",
        "lows = chosen(value < lows, value, lows)",
        "lows = chosen(value >= lows, lows, value)",
        LANES,
    ),
    watched("widen: no count", "    seen.examples += 1\n", ""),
    watched(
        "widen: lowest of the lows",
        "seen.highest_low = max(seen.highest_low, low)",
        "seen.highest_low = min(seen.highest_low, low)",
    ),
    watched(
        "widen: highest of the highs",
        "seen.lowest_high = min(seen.lowest_high, high)",
        "seen.lowest_high = max(seen.lowest_high, high)",
    ),
    watched("is_like: after fewer", "FEWEST_EXAMPLES = 100", "FEWEST_EXAMPLES = 99"),
    watched("is_like: farther beyond", "BEYOND = 0.5", "BEYOND = 0.6"),
    watched("is_like: less short", "SHORT = 0.1", "SHORT = 0.09"),
    watched("is_like: NaNs are unlike", "return low > high or (", "return (low > high) and ("),
    watched(
        "train: not seen", "                widen(self.seen, examples.inputs, self.inodes)\n", ""
    ),
    watched("predict: the first only", "range(0, inputs.shape[0], step)", "range(0, 1, step)"),
    watched(
        "predict: the second half",
        "range(0, inputs.shape[0], step)",
        "range(step, inputs.shape[0], step)",
    ),
    taken_apart(
        "last_update: deltas for errors",
        "memcpy(&numbers[2, 0], layer.errors, size)",
        "memcpy(&numbers[2, 0], layer.deltas, size)",
    ),
    taken_apart(
        "last_update: outputs for signals",
        "memcpy(&numbers[0, 0], layer.signals, size)",
        "memcpy(&numbers[0, 0], layer.outputs, size)",
    ),
    taken_apart(
        "last_update: deltas for steps",
        "memcpy(&numbers[4, 0], layer.steps, size)",
        "memcpy(&numbers[4, 0], layer.deltas, size)",
    ),
]

MUTANTS = [
    *ORDER,
    *EDGES,
    *TILES,
    *(WIDE_TILES if BUILD == "avx512" else NARROW_TILES),
    *NEURONS,
    *UPDATES,
    *CALLS,
    *FUNCTIONS,
    *FLAGS,
    *THREADS,
    *INSIDE,
]


def main(words: list[str]) -> int:
    """Build and test the mutants that are asked for; return the exit status."""
    mutants = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    check_that_they_apply(mutants)
    width = max(len(mutant.name) for mutant in mutants)
    survivors = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        original = copy_project(Path(folder) / "original")
        build(original)
        for tests in dict.fromkeys(mutant.tests for mutant in mutants):
            failure = test(original, tests)
            if failure is not None:
                sys.exit(f"the tests fail without any mutant: {failure}")
        results = pool.map(lambda mutant: first_failure(mutant, original), mutants)
        for mutant, failure in zip(mutants, results, strict=True):
            survivors += failure is None
            verdict = "SURVIVED" if failure is None else f"killed by {failure}"
            print(f"{mutant.name:{width}}  {verdict}", flush=True)
    print(f"{len(mutants)} mutants, {survivors} survived")
    return 1 if survivors else 0


def check_that_they_apply(mutants: list[Mutant]) -> None:
    """Exit if a mutant's text is not in its file, or is there more than once."""
    for mutant in mutants:
        found = (ROOT / mutant.file).read_text().count(mutant.old)
        if found != 1:
            sys.exit(f"{mutant.name!r}: its text is {found} times in {mutant.file}, wants once")


def copy_project(project: Path) -> Path:
    """Copy what a build and the tests need, reduced to one build of the kernel."""
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    for name in ("nnref", "nnfast", "tests"):
        shutil.copytree(ROOT / name, project / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    kernels = f'KERNELS = {{"nnfast.kernel._{BUILD}": ("{BUILD}", "float64")}}\n\nsetup('
    replace(project / SETUP, "\nsetup(", kernels)
    # The code that takes the least time to make: which one it is moves no bit.
    replace(project / SETUP, '"-O3"', '"-O1"')
    # Or the other builds are found beside an installed package.
    replace(project / "nnfast/kernel/builds.py", '("avx512", "avx2", "baseline")', f'("{BUILD}",)')
    with (project / "tests" / "conftest.py").open("a") as conftest:
        conftest.write(QUICK)
    return project


def first_failure(mutant: Mutant, original: Path) -> str | None:
    """Return the first test that a mutant of the project fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "mutant"
        shutil.copytree(original, project)
        replace(project / mutant.file, mutant.old, mutant.new)
        # What the original has built is built again only where it depends on what has changed.
        build(project, *(["--force"] if mutant.file == SETUP else []))
        return test(project, mutant.tests)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{old!r} is {text.count(old)} times in {path.name}, wants once")
    path.write_text(text.replace(old, new))


def build(project: Path, *options: str) -> None:
    run(project, [0], "setup.py", "build_ext", "--inplace", *options)


def test(project: Path, tests: tuple[str, ...]) -> str | None:
    """Run tests of the project; return the first that fails, or None."""
    options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:faulthandler")
    done = run(project, [0, TESTS_FAILED], "-m", "pytest", *tests, *options)
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    failed = re.search(r"^FAILED \S+?::(\w+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else sys.exit(f"{done.stdout}\nno test failed, nor did all pass")


def run(project: Path, expected: list[int], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a copy of the project, and not on one that is installed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=os.environ | {"PYTHONPATH": str(project)},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    # Below 0 it is the signal of a crash, such as a wrong pointer leads to.
    if done.returncode not in expected and done.returncode >= 0:
        sys.exit(f"{done.stdout}\n{' '.join(arguments)}: exit status {done.returncode}")
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
