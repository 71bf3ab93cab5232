# One update from each batch of examples.

from libc.string cimport memcpy

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"() noexcept

# After this many visits to a weight, some milliseconds, a large batch looks for Ctrl-C.
cdef enum:
    VISITS_PER_LOOK = 4000000


cdef const real *block_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count,
    const Dropout *dropout,
) noexcept nogil:
    """Return these examples' inputs side by side, or what dropout leaves of them.

    If they lie apart, or are no longer what they were, this thread copies its share.
    """
    cdef bint dropped = dropout.acts and net.settings.input_dropout > 0.0
    cdef Py_ssize_t row
    cdef const real *inputs
    cdef real *copy
    cdef Share share
    if not dropped and (examples.order == NULL or count == 1):
        return inputs_at(examples, place)
    share = share_of(net, count, ROWS)
    for row in range(share.first, share.first + share.count):
        inputs, copy = inputs_at(examples, place + row), net.gathered + row * examples.inodes
        if dropped:
            drop_inputs(net, inputs, row, dropout, copy)
        else:
            memcpy(copy, inputs, examples.inodes * sizeof(real))
    return net.gathered


cdef void wait_for_layer(const Network *net, Py_ssize_t at) noexcept nogil:
    """Wait between the layer before this one and this one, if what other threads did there counts.

    It does not if each takes the same examples through both layers.
    """
    if has_owners(net, at) or (at > 0 and has_owners(net, at - 1)):
        wait_at_barrier(net.team)


cdef void forward_block(
    const Network *net, const real *inputs, Py_ssize_t count, const Dropout *dropout
) noexcept nogil:
    """Fill in this thread's part of every layer's signals and outputs, as in `forward`."""
    cdef Py_ssize_t at, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef Area own
    for at in range(net.depth):
        layer, own = &net.layers[at], own_area(net, at, count)
        wait_for_layer(net, at)
        weighted_sums(layer, inputs + own.rows.first * inputs_row, inputs_row, &own)
        activate_area(layer, &own)
        if is_masked(layer, dropout):
            drop_outputs(net, at, &own, dropout)
        inputs, inputs_row = sent_on(layer, dropout), layer.width


cdef void find_block_steps(
    const Layer *layer, const Examples *examples, Py_ssize_t place, const Area *own, double rate
) noexcept nogil:
    """Find an area of a layer's steps; the example at this place has the first of all rows."""
    cdef Runs runs = runs_of(layer, own)
    cdef Py_ssize_t at, first = runs.first
    cdef double counts
    if examples.sample_weight != NULL:
        # Each example may count as another number.
        runs.count, runs.length = own.rows.count, registers_for(own.columns.count) * LANES
    for at in range(runs.count):
        counts = sample_weight_at(examples, place + own.rows.first + at)
        find_steps(layer.deltas + first, layer.steps + first, rate * counts, runs.length)
        first += runs.distance


cdef void backward_block(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count, double rate,
    const Dropout *dropout,
) noexcept nogil:
    """Fill in this thread's part of every layer's errors, deltas and steps, and of the losses.

    Of the examples from a place on, whose outputs are known.
    """
    cdef Py_ssize_t at, row
    cdef Area own = own_area(net, net.depth - 1, count)
    for row in range(own.rows.first, own.rows.first + own.rows.count):
        net.losses[row] = start_backward(net, targets_at(examples, place + row), row)
    find_block_steps(last_layer(net), examples, place, &own, rate)
    for at in range(net.depth - 1, 0, -1):
        own = own_area(net, at - 1, count)
        wait_for_layer(net, at)
        send_back(net, at, &own, dropout)
        find_block_steps(&net.layers[at - 1], examples, place, &own, rate)


cdef int add_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double rate,
    Update *update, double *loss,
) except -1 nogil:
    """Add what the examples of a batch send through the layers, in order, and their losses.

    The last block of examples moves the weights, if they are to move. Returns 0, or -1 in the
    caller's own thread after Ctrl-C.
    """
    cdef const real *inputs
    cdef Py_ssize_t first = start, count, row, visited = 0
    while first < stop:
        count = min(BLOCK * net.team.size, stop - first)
        update.is_first, update.is_last = first == start, first + count == stop
        update.dropout.example = first - start
        inputs = block_inputs(net, examples, first, count, &update.dropout)
        forward_block(net, inputs, count, &update.dropout)
        backward_block(net, examples, first, count, rate, &update.dropout)
        wait_at_barrier(net.team)
        if net.me == 0:
            for row in range(count):
                loss[0] = loss[0] + sample_weight_at(examples, first + row) * net.losses[row]
        add_flows(net, inputs, count, update)
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
    uint64_t updates, double *loss,
) except -1 nogil:
    """Make one update from the examples of a batch, and add their losses to the loss.

    There have been so many updates before, if they count.

    Nothing of the network changes before the last block, and Ctrl-C may leave the batch before it.
    """
    cdef const Settings *settings = &net.settings
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef Update update
    update.moves, update.lr = True, lr
    update.dropout.acts, update.dropout.update = drops(settings), <uint32_t> updates
    add_batch(net, examples, start, stop, rate, &update, loss)
    if settings.optimizer == ADAM and net.me == 0 and not net.team.stopped:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    return 0


cdef int find_gradient(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double rate,
    double *loss,
) except -1 nogil:
    """Find the sums of what the examples send through the layers at a rate, and of their losses."""
    cdef Update update
    update.moves = update.dropout.acts = False
    return add_batch(net, examples, start, stop, rate, &update, loss)
