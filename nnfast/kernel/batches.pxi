# One update for each batch of examples.

from libc.string cimport memcpy

# A batch is worked on in blocks of this many examples, whose outputs and deltas are kept. After so
# many visits to a weight, some milliseconds, a large batch looks for Ctrl-C. A thread is worth its
# start for so many, and to wait for the others, where a batch ends, for so many.
cdef enum:
    BLOCK = 64
    VISITS_A_LOOK = 4000000
    VISITS_A_START = 1000000
    VISITS_A_MEETING = 100000


cdef struct Examples:
    const real *inputs          # (n, inodes)
    const real *targets         # (n, onodes)
    const int64_t *order        # (n,), or NULL for the examples as they stand
    Py_ssize_t inodes
    Py_ssize_t onodes


cdef inline Py_ssize_t example_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return place if examples.order == NULL else <Py_ssize_t> examples.order[place]


cdef inline const real *inputs_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.inputs + example_at(examples, place) * examples.inodes


cdef inline const real *targets_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.targets + example_at(examples, place) * examples.onodes


cdef const real *block_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count, Share share
) noexcept nogil:
    """Return the inputs of these examples side by side, a share copied here if they lie apart."""
    cdef Py_ssize_t row
    if examples.order == NULL or count == 1:
        return inputs_at(examples, place)
    for row in range(share.first, share.first + share.count):
        memcpy(
            net.gathered + row * examples.inodes, inputs_at(examples, place + row),
            examples.inodes * sizeof(real),
        )
    return net.gathered


cdef int fit_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) except -1 nogil:
    """One update from the examples of a batch, whose losses are added to the loss.

    A batch by plain gradient descent that fits into one block has no sums: all its deltas are known
    before the weights move, so the weights themselves can be added to. With sums nothing of the
    network changes before the end, and Ctrl-C may leave the batch in the middle.

    The threads of a team share the examples, meet, share the rows of weights, and meet.
    """
    cdef const Settings *settings = &net.settings
    cdef bint direct = net.layers[0].weights.sums == NULL
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef const real *inputs
    cdef const Layer *layer
    cdef Share share
    cdef Py_ssize_t first, count, row, at, visited = 0
    if not direct:
        for at in range(net.depth):
            start_batch(net, &net.layers[at].weights, lr, settings.decay)
            start_batch(net, &net.layers[at].biases, lr, 0.0)
    first = start
    while first < stop:
        count = min(BLOCK * net.team.size, stop - first)
        share = share_of(net, count, ROWS)
        inputs = block_inputs(net, examples, first, count, share)
        if share.count > 0:
            forward(net, inputs + share.first * examples.inodes, share.first, share.count, False)
            for row in range(share.first, share.first + share.count):
                net.losses[row] = start_backward(net, targets_at(examples, first + row), row)
            backward(net, share.first, share.count)
            for at in range(net.depth):
                layer = &net.layers[at]
                find_steps(
                    layer.deltas + share.first * layer.width,
                    layer.steps + share.first * layer.width, rate, share.count * layer.width,
                )
        meet(net.team)
        if net.me == 0:
            for row in range(count):
                loss[0] = loss[0] + net.losses[row]
        if direct and settings.decay != 0.0:
            scale_weights(net, 1.0 - lr * settings.decay)
        add_flows(net, inputs, count)
        first += count
        visited += count * net.size
        if visited > VISITS_A_LOOK and first < stop:
            visited = 0
            if net.me == 0:
                with gil:
                    net.team.stopped = check_signals() != 0
        meet(net.team)
        if net.team.stopped:
            return -1 if net.me == 0 else 0
    if not direct:
        for at in range(net.depth):
            finish_batch(net, &net.layers[at].weights, lr, settings.decay)
            finish_batch(net, &net.layers[at].biases, lr, 0.0)
        meet(net.team)
    if settings.optimizer == ADAM and net.me == 0:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    return 0
