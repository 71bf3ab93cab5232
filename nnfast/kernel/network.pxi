# A network as the loops see it: its layers, what the optimizer keeps, and what a thread works on.

cdef struct Settings:
    int optimizer
    bint cross_entropy
    bint gradient       # whether hidden errors come from deltas, or from errors ("split")
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
    real *slot1       # momentum: the velocity; adam: the first moment
    real *slot2       # adam: the second moment
    real *sums        # what a batch adds up before it is applied; NULL where it needs no place


# The rows of a layer's own numbers are as long as whole registers, so that what is stored by whole
# registers is loaded so; those beyond fan_out are no neuron's.
cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    Py_ssize_t width        # fan_out, up to a whole register
    int activation
    Parameters weights      # (fan_in, fan_out), row by row
    Parameters biases       # (fan_out,); values is NULL without biases
    real *signals           # (slots, width), as all that follow; a row is one example's
    real *outputs
    real *errors
    real *deltas
    real *steps             # the rate times the deltas


# What a thread works on of a layer when there is one update per example, see start_online.
cdef struct OnlinePart:
    bint is_split           # among the threads; if not, each works on all neurons
    bint is_copied
    Py_ssize_t slot         # the first of the slots that it uses
    Py_ssize_t first        # the neurons that are this thread's
    Py_ssize_t count
    Py_ssize_t padded       # count, up to a whole register
    real *weights           # from the first of these neurons on: the network's, or a copy
    Py_ssize_t row          # how far the rows are apart
    real *biases            # a copy, (padded,); NULL without biases
    real *transposed        # of all weights, (fan_out, width of the layer before)
    real *own_weights       # room for copies
    real *own_biases


# What a thread of a team works on. All of them have the same weights and the same slots, and each
# its own number, and room of its own.
cdef struct Network:
    Py_ssize_t depth
    Py_ssize_t size         # weights in all layers
    Layer *layers
    Settings settings
    double *powers          # adam: beta1**t and beta2**t
    real *gathered          # (slots, inodes): examples that do not lie side by side
    double *losses          # (slots,)
    Team *team
    Py_ssize_t me           # from 0, which is the caller's own thread
    real *transposed        # room for the weights of any layer but the first
    OnlinePart *online      # one a layer


cdef inline const Layer *last_layer(const Network *net) noexcept nogil:
    return &net.layers[net.depth - 1]


cdef struct Share:
    Py_ssize_t first
    Py_ssize_t count


cdef Share share_of(const Network *net, Py_ssize_t total, Py_ssize_t unit) noexcept nogil:
    """What of so many things is this thread's, in whole units."""
    cdef Py_ssize_t units = (total + unit - 1) // unit
    cdef Share share
    share.first = min(total, units * net.me // net.team.size * unit)
    share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first
    return share


cdef inline Py_ssize_t columns_of(Py_ssize_t width) noexcept nogil:
    """How many registers a row of neurons fills, the last perhaps in part."""
    return (width + LANES - 1) // LANES
