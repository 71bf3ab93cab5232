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
    cdef Py_ssize_t row = share.first, stop = share.first + share.count
    # Examples that all count the same need not be taken one by one.
    cdef Py_ssize_t rows = share.count if examples.sample_weight == NULL else 1
    if share.count == 0:
        return
    forward(net, inputs + share.first * examples.inodes, share.first, share.count)
    backward(net, examples, place + share.first, share.first, share.count)
    while row < stop:
        find_all_steps(net, row, rows, rate * sample_weight_at(examples, place + row))
        row += rows


cdef void find_all_steps(
    const Network *net, Py_ssize_t row, Py_ssize_t rows, double rate
) noexcept nogil:
    """Find the steps of every layer for some of the examples of a block."""
    cdef Py_ssize_t at, first, size
    cdef const Layer *layer
    for at in range(net.depth):
        layer = &net.layers[at]
        first, size = row * layer.width, rows * layer.width
        find_steps(layer.deltas + first, layer.steps + first, rate, size)


cdef int add_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double rate,
    double keep, double *loss,
) except -1 nogil:
    """Add what the examples of a batch send through the layers, in order, and their losses.

    It is added to the sums, or to the weights where there are none; they shrink to what to keep of
    them just before. Returns 0, or -1 in the caller's own thread after Ctrl-C.

    The threads of a team first share the examples of a block, then the rows of weights.
    """
    cdef const real *inputs
    cdef Share share
    cdef Py_ssize_t first = start, count, row, visited = 0
    while first < stop:
        count = min(BLOCK * net.team.size, stop - first)
        share = share_of(net, count, ROWS)
        inputs = block_inputs(net, examples, first, count, share)
        find_flows(net, examples, inputs, first, share, rate)
        wait_at_barrier(net.team)
        if net.me == 0:
            for row in range(count):
                loss[0] = loss[0] + sample_weight_at(examples, first + row) * net.losses[row]
        if keep != 1.0:
            decay_weights(net, keep)
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
    return 0


cdef int fit_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) except -1 nogil:
    """Make one update from the examples of a batch, and add their losses to the loss.

    A batch by plain gradient descent that fits into one block has no sums: all its deltas are known
    before the weights move, so the weights themselves can be added to. With sums nothing of the
    network changes before the end, and Ctrl-C may leave the batch in the middle.
    """
    cdef const Settings *settings = &net.settings
    cdef bint direct = net.layers[0].weights.sums == NULL
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef double keep = 1.0 - lr * settings.decay if direct else 1.0
    if not direct:
        start_update(net, lr)
    add_batch(net, examples, start, stop, rate, keep, loss)
    if net.team.stopped:
        return 0
    if not direct:
        finish_update(net, lr)
        wait_at_barrier(net.team)
    if settings.optimizer == ADAM and net.me == 0:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    return 0


cdef int find_gradient(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double rate,
    double *loss,
) except -1 nogil:
    """Find the sums of what the examples send through the layers at a rate, and of their losses."""
    cdef Py_ssize_t at
    for at in range(net.depth):
        clear_sums_of(net, &net.layers[at].weights)
        clear_sums_of(net, &net.layers[at].biases)
    return add_batch(net, examples, start, stop, rate, 1.0, loss)
