# One update for each example by plain gradient descent, in float32: a block of examples at a time,
# without touching the first layer's weights in between.
#
# Let W be those weights before a block, x(t) the inputs of its example t, and d(t) the steps that
# the example turns out to take. After the updates before it the weights are W plus the sum over
# u < t of the products of x(u) and d(u), so its signals are
#
#     x(t) W  +  sum over u < t of (x(t) . x(u)) d(u)
#
# All x(t) W are one matrix product, all x(t) . x(u) a small one, and what the block adds to W is a
# third. So the weights are read twice and written once a block, and not once an example. It is the
# same rule with its additions in another order, which float64 has to keep and float32 has not.
#
# The layers beyond the first are small beside it; they are trained as in online.pxi, by the
# caller's thread. The other threads of a team have their share of the first layer's neurons, and
# wait twice a block: for all signals, and for all steps.

from libc.math cimport isfinite
from libc.string cimport memcpy


# With fewer weights than this in its first layer, a network trains as fast one by one.
cdef enum:
    FEWEST_WEIGHTS = 500


cdef inline bint is_blocked(const Network *net) noexcept nogil:
    """Return whether a network trains in blocks: only float32 is free to."""
    return sizeof(real) == sizeof(float) and net.layers[0].weights.size >= FEWEST_WEIGHTS


cdef bint gains_blocked(const Network *net) noexcept nogil:
    """Return whether threads can share enough of the weights to be worth their while."""
    return not is_narrow(&net.layers[0]) and 3 * net.layers[0].weights.size > 2 * net.size


cdef inline OnlinePart *share_of_block(const Network *net) noexcept nogil:
    """Return what this thread works on of the first layer, whose other part has all its neurons."""
    return &net.online[net.depth]


cdef void start_blocked(const Network *net) noexcept nogil:
    """Find this thread's neurons of the first layer; in the caller's thread, start all layers."""
    cdef Py_ssize_t at
    cdef const Layer *layer = &net.layers[0]
    start_part(
        net, layer, share_of_block(net), net.team.size > 1,
        is_better_copied(layer) or net.team.size > 1,
    )
    if net.me > 0:
        return
    start_part(net, layer, &net.online[0], False, False)
    for at in range(1, net.depth):
        layer = &net.layers[at]
        start_part(net, layer, &net.online[at], False, is_better_copied(layer))
        start_transposed(net, at)
    clear_deltas(net, 0, EXAMPLES)


cdef const real *own_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count
) noexcept nogil:
    """Return these examples' inputs side by side; if they lie apart, in this thread's own room."""
    cdef Py_ssize_t at
    cdef real *own = net.gathered + BLOCK * net.me * examples.inodes
    if examples.order == NULL or count == 1:
        return inputs_at(examples, place)
    for at in range(count):
        memcpy(
            own + at * examples.inodes, inputs_at(examples, place + at),
            examples.inodes * sizeof(real),
        )
    return own


cdef void find_block_signals(
    const Network *net, const real *inputs, Py_ssize_t row, Py_ssize_t count
) noexcept nogil:
    """Fill in this thread's share of the signals that a block has from the weights before it."""
    cdef const Layer *layer = &net.layers[0]
    cdef const OnlinePart *part = share_of_block(net)
    cdef Py_ssize_t at, width = part.padded if part.is_copied else part.count
    cdef real *signals = layer.signals + row * layer.width + part.first
    for at in range(count):
        start_sums(part.biases, signals + at * layer.width, width)
    add_product(
        inputs, layer.fan_in, 1, part.weights, part.row, signals, layer.width, count,
        layer.fan_in, width,
    )


cdef void find_overlaps(const Network *net, const real *inputs, Py_ssize_t count) noexcept nogil:
    """Fill in x(t) . x(u) for each pair of a block's examples; a bias is a weight of an input 1."""
    cdef Py_ssize_t t, u
    find_inner_products(inputs, net.layers[0].fan_in, count, net.overlaps, EXAMPLES)
    if net.layers[0].biases.values != NULL:
        for t in range(1, count):
            for u in range(t):
                net.overlaps[t * EXAMPLES + u] = net.overlaps[t * EXAMPLES + u] + 1


cdef bint are_finite(const real *overlaps, Py_ssize_t count) noexcept nogil:
    """Return whether all inner products of a block are finite."""
    cdef Py_ssize_t t, u
    for t in range(1, count):
        for u in range(t):
            if not isfinite(overlaps[t * EXAMPLES + u]):
                return False
    return True


cdef void learn_from(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t row, Py_ssize_t at,
    Py_ssize_t old, double lr, double *loss,
) noexcept nogil:
    """Find the steps of one example of a block, and move the layers beyond the first.

    Its numbers are in a row that is `at` below the block's first; the old row is that of the
    example whose steps those layers have yet to make, and is below 0 if there is none.
    """
    cdef const Layer *layer = &net.layers[0]
    cdef const OnlinePart *part = &net.online[0]
    cdef Py_ssize_t slot = row + at
    cdef const real *old_outputs = NULL if old < 0 else layer.outputs + old * layer.width
    cdef double added, sample_weight = sample_weight_at(examples, place)
    if at > 0:
        add_weighted(
            net.overlaps + at * EXAMPLES, layer.steps + row * layer.width, layer.width,
            layer.signals + slot * layer.width, at, part.padded,
        )
    activate_part(layer, part, slot)
    forward_online(
        net, 1, old_outputs, layer.outputs + slot * layer.width, old, slot, place % 2 == 1
    )
    added = start_backward(net, targets_at(examples, place), slot)
    loss[0] = loss[0] + sample_weight * added
    backward_online(net, old < 0, old, slot, lr * sample_weight)


cdef void move_block(
    const Network *net, const real *inputs, Py_ssize_t row, Py_ssize_t count
) noexcept nogil:
    """Move this thread's share of the first layer by all steps of a block."""
    cdef const Layer *layer = &net.layers[0]
    cdef const OnlinePart *part = share_of_block(net)
    cdef Py_ssize_t at, j, width = part.padded if part.is_copied else part.count
    cdef const real *steps = layer.steps + row * layer.width + part.first
    add_product(
        inputs, 1, layer.fan_in, steps, layer.width, part.weights, part.row, layer.fan_in, count,
        width,
    )
    if part.biases != NULL:
        for at in range(count):
            for j in range(width):
                part.biases[j] = part.biases[j] + steps[at * layer.width + j]


cdef Py_ssize_t train_block(
    const Network *net, const Examples *examples, const real *inputs, Py_ssize_t place,
    Py_ssize_t row, Py_ssize_t count, Py_ssize_t old, double lr, double *loss,
) noexcept nogil:
    """Make one update for each example of a block; return the row of the last one's numbers.

    Inputs so large that a product of two is not finite are a block of their own, in which no such
    product is needed.
    """
    cdef Py_ssize_t at
    find_block_signals(net, inputs, row, count)
    if net.me == net.team.size - 1:
        find_overlaps(net, inputs, count)
    wait_at_barrier(net.team)
    if count > 1 and not are_finite(net.overlaps, count):
        for at in range(count):
            old = train_block(
                net, examples, inputs + at * examples.inodes, place + at, row + at, 1, old, lr, loss
            )
        return old
    if net.me == 0:
        for at in range(count):
            learn_from(net, examples, place + at, row, at, old, lr, loss)
            old = row + at
    wait_at_barrier(net.team)
    move_block(net, inputs, row, count)
    return row + count - 1


cdef void finish_blocked(const Network *net, Py_ssize_t old) noexcept nogil:
    """Bring the copies back; make the last example's steps in the layers beyond the first."""
    cdef const Layer *layer = &net.layers[0]
    cdef const OnlinePart *part = share_of_block(net)
    if part.is_copied:
        copy_columns(
            part.weights, part.row, layer.weights.values + part.first, layer.fan_out, layer.fan_in,
            part.count,
        )
    if part.biases != NULL:
        memcpy(layer.biases.values + part.first, part.biases, part.count * sizeof(real))
    if net.me == 0:
        finish_online(net, 1, layer.outputs + old * layer.width, old)


cdef void fit_blocked(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) noexcept nogil:
    """Make one update for each of one or more examples, and add their losses to the loss.

    Where a block begins depends on the examples' places alone.
    """
    cdef Py_ssize_t place = start, count, old = -1
    start_blocked(net)
    while place < stop:
        count = min(EXAMPLES - place % EXAMPLES, stop - place)
        old = train_block(
            net, examples, own_inputs(net, examples, place, count), place, 0, count, old, lr, loss
        )
        place += count
    finish_blocked(net, old)
