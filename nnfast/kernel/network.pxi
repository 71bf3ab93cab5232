# What the loops work on: a network's layers, with what the optimizer keeps for them, the examples,
# and each thread's share of the work.

from libc.stdint cimport int64_t, uint64_t

# A batch is worked on in blocks of this many examples for each thread, whose outputs and deltas are
# kept until the weights have moved.
cdef enum:
    BLOCK = 64

# Threads share the neurons of a layer in batches if each has this many cache lines of them.
cdef enum:
    FEWEST_LINES = 4

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
    double dropout          # rates, from 0 to below 1
    double input_dropout
    uint64_t seed           # of dropout


# A matrix of weights or a row of biases, and what belongs to each of its numbers.
cdef struct Parameters:
    Py_ssize_t size
    real *values
    real *slot1         # momentum: the velocity; adam: the first moment
    real *slot2         # adam: the second moment
    real *sums          # what a batch of several blocks adds up; NULL where none was needed yet


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
    real *masks             # what dropout multiplies the outputs by; NULL where it does not act
    real *kept              # outputs * masks


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
    real *some_sums         # room for a batch's sums of a few rows of weights
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


cdef struct Area:
    Share rows
    Share columns


cdef inline bint has_owners(const Network *net, Py_ssize_t at) noexcept nogil:
    """Return whether each thread of a team has neurons of its own in a layer, for batches.

    It works on them forward and back, for all examples, so their weights stay in its core's cache.
    Of a layer with few neurons each thread takes all, forward and back for some of the examples;
    then it moves some of the rows of weights. So it is with the last layer, whose softmax needs all
    neurons of an example.
    """
    cdef size_t fewest = FEWEST_LINES * CACHE_LINE * net.team.size
    return (
        net.team.size > 1 and at < net.depth - 1
        and net.layers[at].fan_out * sizeof(real) >= fewest
    )


cdef inline Area own_area(const Network *net, Py_ssize_t at, Py_ssize_t rows) noexcept nogil:
    """Return this thread's part of a matrix with a column for each neuron of a layer.

    The rows are those of a batch's examples, or of the layer's weights.
    """
    cdef Py_ssize_t columns = net.layers[at].fan_out
    cdef Area own = Area(Share(0, rows), Share(0, columns))
    if has_owners(net, at):
        own.columns = share_of(net, columns, CACHE_LINE // sizeof(real))
    elif net.team.size > 1:
        own.rows = share_of(net, rows, ROWS)
    return own


# Where an area is in memory: runs of numbers side by side, at equal distances.
cdef struct Runs:
    Py_ssize_t first
    Py_ssize_t count
    Py_ssize_t length
    Py_ssize_t distance


cdef inline Runs runs_of(const Layer *layer, const Area *own) noexcept nogil:
    """Return where an area of a layer's own numbers is, rounded up to whole registers."""
    cdef Py_ssize_t length = registers_for(own.columns.count) * LANES
    cdef Runs runs = Runs(
        own.rows.first * layer.width + own.columns.first, own.rows.count, length, layer.width
    )
    if length == layer.width:
        runs.count, runs.length = 1, own.rows.count * layer.width
    return runs


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
