# Dropout, as in nnref/dropout.py: which neurons an update leaves out, drawn by counting.
#
# The oracle takes one counter through Philox, and this takes BLOCKS of them at once: the loops over
# them are plain 32-bit arithmetic, which compilers put into vector registers.

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

cdef enum:
    BLOCKS = 16     # of four neurons


# What the masks of a block of examples depend on, beside the network's seed and its rates.
cdef struct Dropout:
    bint acts               # not where a gradient is asked for, nor without any rate
    uint32_t update         # updates before this one
    Py_ssize_t example      # the place in its batch of the block's first example


# Four words each, of a counter and then of what Philox makes of it.
cdef struct Words:
    uint32_t a[BLOCKS]
    uint32_t b[BLOCKS]
    uint32_t c[BLOCKS]
    uint32_t d[BLOCKS]


cdef inline bint drops(const Settings *settings) noexcept nogil:
    """Return whether anything is dropped in training."""
    return settings.dropout > 0.0 or settings.input_dropout > 0.0


cdef inline bint is_masked(const Layer *layer, const Dropout *dropout) noexcept nogil:
    """Return whether neurons of a layer are dropped."""
    return dropout.acts and layer.masks != NULL


cdef inline const real *sent_on(const Layer *layer, const Dropout *dropout) noexcept nogil:
    """Return what flows into the next layer: the outputs, or what dropout has left of them."""
    return layer.kept if is_masked(layer, dropout) else layer.outputs


cdef void philox(Words *words, uint64_t seed) noexcept nogil:
    """Replace counters by the words that Philox4x32-10 makes of them and the seed."""
    cdef uint32_t left = <uint32_t> seed, right = <uint32_t> (seed >> 32)
    cdef uint64_t product, other
    cdef int i
    for _ in range(10):
        for i in range(BLOCKS):
            product = <uint64_t> 0xD2511F53 * words.a[i]
            other = <uint64_t> 0xCD9E8D57 * words.c[i]
            words.a[i] = <uint32_t> (other >> 32) ^ words.b[i] ^ left
            words.b[i] = <uint32_t> other
            words.c[i] = <uint32_t> (product >> 32) ^ words.d[i] ^ right
            words.d[i] = <uint32_t> product
        left, right = left + <uint32_t> 0x9E3779B9, right + <uint32_t> 0xBB67AE85


cdef void find_mask(
    double rate, uint64_t seed, const Dropout *dropout, Py_ssize_t row, Py_ssize_t layer,
    Py_ssize_t first, Py_ssize_t count, real *mask,
) noexcept nogil:
    """mask[j] = 0.0 for a dropped neuron, else 1 / (1 - rate), for the example in a row of a block.

    They are neurons of a layer, counted from 0, the inputs. The first is a multiple of four.
    """
    cdef uint32_t threshold = <uint32_t> (rate * 4294967296.0)
    cdef real zero = 0.0, scale = 1.0 / (1.0 - rate)
    cdef real drawn[4 * BLOCKS]
    cdef Words words
    cdef Py_ssize_t at = 0
    cdef int i
    while at < count:
        for i in range(BLOCKS):
            words.a[i] = <uint32_t> ((first + at) // 4 + i)
            words.b[i] = <uint32_t> layer
            words.c[i] = <uint32_t> (dropout.example + row)
            words.d[i] = dropout.update
        philox(&words, seed)
        for i in range(BLOCKS):
            drawn[4 * i] = zero if words.a[i] < threshold else scale
            drawn[4 * i + 1] = zero if words.b[i] < threshold else scale
            drawn[4 * i + 2] = zero if words.c[i] < threshold else scale
            drawn[4 * i + 3] = zero if words.d[i] < threshold else scale
        memcpy(mask + at, drawn, min(4 * BLOCKS, count - at) * sizeof(real))
        at += 4 * BLOCKS


cdef void find_kept(
    const real *outputs, const real *mask, real *kept, Py_ssize_t count
) noexcept nogil:
    """kept[j] = outputs[j] * mask[j], which may replace either."""
    cdef Py_ssize_t j
    for j in range(count):
        kept[j] = outputs[j] * mask[j]


cdef void drop_outputs(
    const Network *net, Py_ssize_t at, const Area *own, const Dropout *dropout
) noexcept nogil:
    """Find the masks of a hidden layer, and what they leave of its outputs, for an area of them."""
    cdef const Layer *layer = &net.layers[at]
    cdef const Settings *settings = &net.settings
    cdef Py_ssize_t row, first
    for row in range(own.rows.first, own.rows.first + own.rows.count):
        first = row * layer.width + own.columns.first
        find_mask(
            settings.dropout, settings.seed, dropout, row, at + 1, own.columns.first,
            own.columns.count, layer.masks + first,
        )
        find_kept(
            layer.outputs + first, layer.masks + first, layer.kept + first, own.columns.count
        )


cdef void drop_inputs(
    const Network *net, const real *inputs, Py_ssize_t row, const Dropout *dropout, real *kept
) noexcept nogil:
    """Write what dropout leaves of an example's inputs."""
    cdef const Settings *settings = &net.settings
    cdef Py_ssize_t inodes = net.layers[0].fan_in
    find_mask(settings.input_dropout, settings.seed, dropout, row, 0, 0, inodes, kept)
    find_kept(inputs, kept, kept, inodes)
