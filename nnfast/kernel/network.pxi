# What the loops work on: a network's layers, with what the optimizer keeps for them, the examples,
# and each thread's share of the work.

from libc.stdint cimport int64_t

# A batch is worked on in blocks of this many examples for each thread, whose outputs and deltas are
# kept until the weights have moved.
cdef enum:
    BLOCK = 64

# Answers need two of the five rows that a block has for each example, the signals and the outputs.
# So that room is enough for 5 / 2 as many examples, which read the weights less often.
cdef enum:
    ANSWERS = 160

# One update for each example, in float32, takes them in blocks of this many.
cdef enum:
    EXAMPLES = 16


cdef struct Settings:
    int optimizer       # a place in OPTIMIZERS
    int loss            # a place in LOSSES
    bint gradient       # hidden errors come from deltas; if not, from errors, as in the article
    double decay
    double momentum
    bint nesterov
    double beta1
    double beta2
    double epsilon


# A matrix of weights or a row of biases, and what belongs to each of its numbers.
cdef struct Parameters:
    Py_ssize_t size
    real *values
    real *slot1         # momentum: the velocity; adam: the first moment
    real *slot2         # adam: the second moment
    real *sums          # what a batch adds up before it is applied; NULL where it needs no place


# The rows of a layer's own numbers are as long as whole registers, so that what is stored by whole
# registers is also loaded by whole registers; no neuron owns the numbers beyond fan_out.
cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    Py_ssize_t width        # fan_out, rounded up to whole registers
    int activation          # a place in ACTIVATIONS
    Parameters weights      # (fan_in, fan_out), row by row
    Parameters biases       # (fan_out,); values is NULL without biases
    real *signals           # (slots, width), as all that follow; a row is one example's
    real *outputs
    real *errors
    real *deltas
    real *steps             # the rate times the deltas


cdef struct OnlinePart      # in online.pxi


# What one thread of a team works on. All threads have the same layers, and so the same weights and
# slots; each has a number, and memory of its own.
cdef struct Network:
    Py_ssize_t depth
    Py_ssize_t size         # weights in all layers
    Layer *layers
    Layer *answering        # the same layers, their rows divided up for answers alone
    Settings settings
    double *powers          # adam: beta1**t and beta2**t
    real *gathered          # (slots, inodes): inputs of examples that do not lie side by side
    double *losses          # (slots,)
    Team *team
    Py_ssize_t me           # this thread's number, 0 for the caller's own
    real *transposed        # room for the transposed weights of any layer but the first
    real *sums              # room for a batch's sums of all layers; NULL where none was needed yet
    OnlinePart *online      # one per layer, and one more for blocks
    real *overlaps          # (EXAMPLES, EXAMPLES): inner products of the inputs of a block


cdef inline const Layer *last_layer(const Network *net) noexcept nogil:
    return &net.layers[net.depth - 1]


cdef inline Py_ssize_t registers_for(Py_ssize_t width) noexcept nogil:
    """Return how many registers this many neurons fill, the last one perhaps in part."""
    return (width + LANES - 1) // LANES


cdef struct Share:
    Py_ssize_t first
    Py_ssize_t count


cdef Share share_of(const Network *net, Py_ssize_t total, Py_ssize_t unit) noexcept nogil:
    """Return which part of a total number of things is this thread's, in whole units."""
    cdef Py_ssize_t units = (total + unit - 1) // unit
    cdef Share share
    share.first = min(total, units * net.me // net.team.size * unit)
    share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first
    return share


cdef struct Examples:
    const real *inputs          # (n, inodes)
    const real *targets         # (n, onodes)
    const real *sample_weight   # (n,), or NULL where all are 1
    const int64_t *order        # (n,), or NULL for the examples as they stand
    Py_ssize_t inodes
    Py_ssize_t onodes


cdef inline Py_ssize_t example_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return place if examples.order == NULL else <Py_ssize_t> examples.order[place]


cdef inline const real *inputs_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.inputs + example_at(examples, place) * examples.inodes


cdef inline double sample_weight_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    if examples.sample_weight == NULL:
        return 1.0
    return examples.sample_weight[example_at(examples, place)]


cdef inline const real *targets_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.targets + example_at(examples, place) * examples.onodes
