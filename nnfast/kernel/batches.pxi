# One update from each batch of examples.

from libc.string cimport memcpy

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"() noexcept

# After this many visits to a weight, some milliseconds, a large batch looks for Ctrl-C.
cdef enum:
    VISITS_PER_LOOK = 4000000


cdef const real *block_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count, Share share
) noexcept nogil:
    """Return these examples' inputs side by side; if they lie apart, copy this thread's share."""
    cdef Py_ssize_t row
    if examples.order == NULL or count == 1:
        return inputs_at(examples, place)
    for row in range(share.first, share.first + share.count):
        memcpy(
            net.gathered + row * examples.inodes, inputs_at(examples, place + row),
            examples.inodes * sizeof(real),
        )
    return net.gathered


cdef void find_flows(
    const Network *net, const Examples *examples, const real *inputs, Py_ssize_t place,
    Share share, double rate,
) noexcept nogil:
    """Send this thread's share of a block forward and back, and find the steps."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    if share.count == 0:
        return
    forward(net, inputs + share.first * examples.inodes, share.first, share.count, False)
    backward(net, examples, place + share.first, share.first, share.count)
    for at in range(net.depth):
        layer = &net.layers[at]
        find_steps(
            layer.deltas + share.first * layer.width,
            layer.steps + share.first * layer.width, rate, share.count * layer.width,
        )


cdef int fit_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) except -1 nogil:
    """Make one update from the examples of a batch, and add their losses to the loss.

    A batch by plain gradient descent that fits into one block has no sums: all its deltas are known
    before the weights move, so the weights themselves can be added to. With sums nothing of the
    network changes before the end, and Ctrl-C may leave the batch in the middle.

    The threads of a team first share the examples of a block, then the rows of weights.
    """
    cdef const Settings *settings = &net.settings
    cdef bint direct = net.layers[0].weights.sums == NULL
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef const real *inputs
    cdef Share share
    cdef Py_ssize_t first = start, count, row, visited = 0
    if not direct:
        start_update(net, lr)
    while first < stop:
        count = min(BLOCK * net.team.size, stop - first)
        share = share_of(net, count, ROWS)
        inputs = block_inputs(net, examples, first, count, share)
        find_flows(net, examples, inputs, first, share, rate)
        wait_at_barrier(net.team)
        if net.me == 0:
            for row in range(count):
                loss[0] = loss[0] + net.losses[row]
        if direct and settings.decay != 0.0:
            decay_weights(net, 1.0 - lr * settings.decay)
        add_flows(net, inputs, count)
        first += count
        visited += count * net.size
        if visited > VISITS_PER_LOOK and first < stop:
            visited = 0
            if net.me == 0:
                with gil:
                    net.team.stopped = check_signals() != 0
        wait_at_barrier(net.team)
        if net.team.stopped:
            return -1 if net.me == 0 else 0
    if not direct:
        finish_update(net, lr)
        wait_at_barrier(net.team)
    if settings.optimizer == ADAM and net.me == 0:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    return 0
