# One update for each example by plain gradient descent, as fast as memory allows.
#
# Every update except the last waits for the next example's forward pass, which moves the weights on
# the way; its backward pass moves a transposed copy of them. The examples take turns in three
# slots: one learns, the one before it moves weights, and a thread that is ahead fills the third.
#
# The threads of a team share the neurons of a layer, and wait at a barrier for its outputs. Each
# has a copy of its share: in one common array a core would fetch ahead, at the end of a row, what
# another core is about to write. A narrow layer, and the last one, costs less than a barrier: each
# thread works on all of it, on a copy.

from libc.string cimport memcpy, memset

cdef enum:
    SLOTS = 3
    MOST_COPIED = 900000    # bytes


# What a thread works on of one layer.
cdef struct OnlinePart:
    bint is_split           # among the threads; if not, each works on all neurons
    bint is_copied
    Py_ssize_t slot         # the first of the slots that it uses
    Py_ssize_t first        # the neurons that are this thread's
    Py_ssize_t count
    Py_ssize_t padded       # count, rounded up to whole registers
    real *weights           # from the first of these neurons on: the network's, or a copy
    Py_ssize_t row          # from one row of these weights to the next
    real *biases            # a copy, (padded,); NULL without biases
    real *transposed        # of all weights, (fan_out, width of the layer before)
    real *own_weights       # room for copies
    real *own_biases


cdef inline Py_ssize_t row_of(
    const Layer *layer, const OnlinePart *part, Py_ssize_t slot
) noexcept nogil:
    """Return where the row of an example begins in a layer's signals, outputs and so on."""
    return (part.slot + slot) * layer.width


cdef bint is_narrow(const Layer *layer) noexcept nogil:
    """Return whether one tile is as wide as the layer."""
    return registers_for(layer.fan_out) <= WIDE


cdef bint is_better_copied(const Layer *layer) noexcept nogil:
    """Return whether rows begin within a cache line, and a copy with whole lines is not too large.

    A register that is loaded or stored across two lines costs twice.
    """
    return layer.fan_out * sizeof(real) % CACHE_LINE != 0 and (
        layer.fan_in * layer.width * sizeof(real) <= MOST_COPIED
    )


cdef bint gains_online(const Network *net) noexcept nogil:
    """Return whether threads can share enough of the weights to be worth their while."""
    cdef Py_ssize_t at, shared = 0
    for at in range(net.depth - 1):
        if not is_narrow(&net.layers[at]):
            shared += net.layers[at].weights.size
    return 3 * shared > 2 * net.size


cdef void copy_columns(
    const real *source, Py_ssize_t source_row, real *copy, Py_ssize_t copy_row,
    Py_ssize_t rows, Py_ssize_t count,
) noexcept nogil:
    """copy[i][j] = source[i][j], for the first columns j of each row."""
    cdef Py_ssize_t i
    for i in range(rows):
        memcpy(copy + i * copy_row, source + i * source_row, count * sizeof(real))


cdef void start_part(
    const Network *net, const Layer *layer, OnlinePart *part, bint is_split, bint is_copied
) noexcept nogil:
    """Find this thread's neurons in a layer, and copy what it works on in a copy."""
    cdef Share share
    part.is_split, part.is_copied = is_split, is_copied
    part.slot = 0 if part.is_split else SLOTS * net.me
    share.first, share.count = 0, layer.fan_out
    if part.is_split:
        share = share_of(net, layer.fan_out, CACHE_LINE // sizeof(real))
    part.first, part.count = share.first, share.count
    part.padded = registers_for(part.count) * LANES
    part.weights, part.row = layer.weights.values + part.first, layer.fan_out
    if part.is_copied:
        copy_columns(
            part.weights, part.row, part.own_weights, part.padded, layer.fan_in, part.count
        )
        part.weights, part.row = part.own_weights, part.padded
    if layer.biases.values != NULL:
        part.biases = part.own_biases
        memcpy(part.biases, layer.biases.values + part.first, part.count * sizeof(real))


cdef void start_transposed(const Network *net, Py_ssize_t at) noexcept nogil:
    """Make the transposed copy of a layer's weights."""
    cdef const Layer *layer = &net.layers[at]
    transpose(
        layer.weights.values, net.online[at].transposed, net.layers[at - 1].width, layer.fan_in,
        layer.fan_out,
    )


cdef void clear_deltas(const Network *net, Py_ssize_t slot, Py_ssize_t slots) noexcept nogil:
    """Clear the last layer's deltas, which are filled in neuron by neuron: beyond they stay 0."""
    cdef const Layer *layer = last_layer(net)
    memset(layer.deltas + slot * layer.width, 0, slots * layer.width * sizeof(real))


cdef void start_online(const Network *net) noexcept nogil:
    """Find this thread's neurons in each layer, and copy what it works on in a copy."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef bint is_split
    for at in range(net.depth):
        layer = &net.layers[at]
        is_split = net.team.size > 1 and at < net.depth - 1 and not is_narrow(layer)
        start_part(
            net, layer, &net.online[at], is_split, is_better_copied(layer) or net.team.size > 1
        )
        if at > 0:
            start_transposed(net, at)
    clear_deltas(net, net.online[net.depth - 1].slot, SLOTS)


cdef void activate_part(
    const Layer *layer, const OnlinePart *part, Py_ssize_t slot
) noexcept nogil:
    """Fill in the outputs of this thread's neurons, whose signals are known."""
    cdef Py_ssize_t row = row_of(layer, part, slot)
    cdef const real *signals = layer.signals + row + part.first
    cdef real *outputs = layer.outputs + row + part.first
    if layer.activation == SOFTMAX:
        activate(SOFTMAX, signals, outputs, layer.fan_out)
    else:
        activate(layer.activation, signals, outputs, part.padded)
    # What is no neuron's output would move the transposed weights, which must stay 0 there.
    if part.first + part.padded > layer.fan_out:
        memset(
            layer.outputs + row + layer.fan_out, 0, (layer.width - layer.fan_out) * sizeof(real)
        )


cdef void forward_online(
    const Network *net, Py_ssize_t first, const real *old_inputs, const real *inputs,
    Py_ssize_t old, Py_ssize_t slot, bint reverse,
) noexcept nogil:
    """Move the weights by the example in the old slot, if old inputs are not NULL, and go forward.

    Both from the first of these layers on, for the inputs of that layer. That is `add_flows` for
    the one and `forward` for the other, in one pass over the weights.
    """
    cdef Py_ssize_t at, j, width
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef const real *steps
    cdef real *signals
    for at in range(first, net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + row_of(layer, part, old) + part.first
        signals = layer.signals + row_of(layer, part, slot) + part.first
        if part.biases != NULL and old_inputs != NULL:
            for j in range(part.padded):
                part.biases[j] = part.biases[j] + steps[j]
        width = part.padded if part.is_copied else part.count
        if old_inputs == NULL:
            start_sums(part.biases, signals, part.padded)
            add_weighted(inputs, part.weights, part.row, signals, layer.fan_in, width)
        else:
            move_and_add_weighted(
                part.weights, part.row, old_inputs, steps, inputs, part.biases, signals,
                layer.fan_in, width, reverse,
            )
        activate_part(layer, part, slot)
        if part.is_split:
            wait_at_barrier(net.team)
        if old_inputs != NULL:
            old_inputs = layer.outputs + row_of(layer, part, old)
        inputs = layer.outputs + row_of(layer, part, slot)


cdef void backward_online(
    const Network *net, bint is_first, Py_ssize_t old, Py_ssize_t slot, double lr
) noexcept nogil:
    """Fill in the errors, deltas and steps of this thread's neurons; the last layer has its deltas.

    Except for the first example, the one in the old slot moves the transposed weights in passing.
    """
    cdef Py_ssize_t at, row
    cdef const Layer *layer
    cdef const Layer *before
    cdef const OnlinePart *part
    cdef const OnlinePart *own
    cdef const real *sent_back
    for at in range(net.depth - 1, 0, -1):
        layer, part = &net.layers[at], &net.online[at]
        before, own = &net.layers[at - 1], &net.online[at - 1]
        if part.is_split:
            wait_at_barrier(net.team)
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + row_of(layer, part, slot)
        row = row_of(before, own, slot) + own.first
        if is_first:
            start_sums(NULL, before.errors + row, own.padded)
            add_weighted(
                sent_back, part.transposed + own.first, before.width, before.errors + row,
                layer.fan_out, own.padded,
            )
        else:
            move_and_add_weighted(
                part.transposed + own.first, before.width, layer.steps + row_of(layer, part, old),
                before.outputs + row_of(before, own, old) + own.first,
                sent_back, NULL, before.errors + row, layer.fan_out, own.padded, False,
            )
        times_slope(
            before.activation, before.outputs + row, before.errors + row, before.deltas + row,
            own.padded,
        )
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        row = row_of(layer, part, slot) + part.first
        find_steps(layer.deltas + row, layer.steps + row, lr, part.padded)


cdef void finish_online(
    const Network *net, Py_ssize_t first, const real *inputs, Py_ssize_t slot
) noexcept nogil:
    """Move the weights by the example in the slot, the last, and bring the copies back.

    Both from the first of these layers on, for the inputs of that layer.
    """
    cdef Py_ssize_t at, j
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef const real *steps
    for at in range(first, net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + row_of(layer, part, slot) + part.first
        if part.is_split or net.me == 0:
            add_product(
                inputs, 1, layer.fan_in, steps, layer.width, part.weights, part.row,
                layer.fan_in, 1, part.count,
            )
            if part.is_copied:
                copy_columns(
                    part.weights, part.row, layer.weights.values + part.first, layer.fan_out,
                    layer.fan_in, part.count,
                )
            if part.biases != NULL:
                for j in range(part.count):
                    layer.biases.values[part.first + j] = part.biases[j] + steps[j]
        inputs = layer.outputs + row_of(layer, part, slot)


cdef void fit_online(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) noexcept nogil:
    """Make one update for each of one or more examples, and add their losses to the loss."""
    cdef const real *old_inputs = NULL
    cdef const real *inputs
    cdef Py_ssize_t place, slot = 0, old = 0
    cdef double added, sample_weight
    start_online(net)
    for place in range(start, stop):
        old, slot = slot, slot + 1 if slot + 1 < SLOTS else 0
        inputs = inputs_at(examples, place)
        forward_online(net, 0, old_inputs, inputs, old, slot, place % 2 == 1)
        added = start_backward(
            net, targets_at(examples, place), net.online[net.depth - 1].slot + slot
        )
        sample_weight = sample_weight_at(examples, place)
        if net.me == 0:
            loss[0] = loss[0] + sample_weight * added
        backward_online(net, old_inputs == NULL, old, slot, lr * sample_weight)
        old_inputs = inputs
    finish_online(net, 0, old_inputs, slot)
