# One update per example by plain gradient descent. Every update but the last waits for the next
# example's way forward, which moves the weights in passing; its way back moves a transposed copy.
# The examples take turns in three slots: one learns, the one before it moves weights, and a thread
# that is ahead fills the third.
#
# The threads of a team share the neurons of a layer, and meet when its outputs are there. Each has
# a copy of its share: in one array a core fetches ahead, at the end of each row, into what another
# is about to write. A narrow layer, and the last one, costs less than to meet: each thread works on
# all of it, on a copy.

from libc.string cimport memcpy, memset

cdef enum:
    SLOTS = 3
    MOST_COPIED = 900000    # bytes


cdef bint is_narrow(const Layer *layer) noexcept nogil:
    """Whether one tile is as wide as the layer."""
    return columns_of(layer.fan_out) <= WIDE


cdef bint is_better_copied(const Layer *layer) noexcept nogil:
    """Whether rows would begin within a cache line, and a copy whose rows do not is not too large.

    A register that is loaded or stored across two lines costs twice.
    """
    return layer.fan_out * sizeof(real) % CACHE_LINE != 0 and (
        layer.fan_in * layer.width * sizeof(real) <= MOST_COPIED
    )


cdef bint gains_online(const Network *net) noexcept nogil:
    """Whether threads can share so many of the weights that it is worth their while."""
    cdef Py_ssize_t at, shared = 0
    for at in range(net.depth - 1):
        if not is_narrow(&net.layers[at]):
            shared += net.layers[at].weights.size
    return 3 * shared > 2 * net.size


cdef void start_online(const Network *net) noexcept nogil:
    """Find this thread's neurons, and copy what it shall have a copy of."""
    cdef Py_ssize_t at, i
    cdef const Layer *layer
    cdef OnlinePart *part
    cdef Share share
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        part.is_split = net.team.size > 1 and at < net.depth - 1 and not is_narrow(layer)
        part.is_copied = is_better_copied(layer) or net.team.size > 1
        part.slot = 0 if part.is_split else SLOTS * net.me
        share.first, share.count = 0, layer.fan_out
        if part.is_split:
            share = share_of(net, layer.fan_out, CACHE_LINE // sizeof(real))
        part.first, part.count = share.first, share.count
        part.padded = columns_of(part.count) * LANES
        part.weights, part.row = layer.weights.values + part.first, layer.fan_out
        if part.is_copied:
            part.weights, part.row = part.own_weights, part.padded
            for i in range(layer.fan_in):
                memcpy(
                    part.weights + i * part.row,
                    layer.weights.values + i * layer.fan_out + part.first,
                    part.count * sizeof(real),
                )
        if layer.biases.values != NULL:
            part.biases = part.own_biases
            memcpy(
                part.biases, layer.biases.values + part.first,
                part.count * sizeof(real),
            )
        if at > 0:
            transpose(
                layer.weights.values, part.transposed, net.layers[at - 1].width, layer.fan_in,
                layer.fan_out,
            )
    # What is beyond the last neuron in these rows shall stay 0.
    memset(
        layer.deltas + part.slot * layer.width, 0, SLOTS * layer.width * sizeof(real)
    )


cdef void forward_online(
    const Network *net, const real *old_inputs, const real *inputs, Py_ssize_t old,
    Py_ssize_t slot, bint backwards,
) noexcept nogil:
    """Move the weights by the example in the old slot, if old inputs are not NULL, and go forward.

    That is add_flows for the one and forward for the other, in one pass over the weights.
    """
    cdef Py_ssize_t at, j, width
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef real *steps
    cdef real *signals
    cdef real *outputs
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + (part.slot + old) * layer.width + part.first
        signals = layer.signals + (part.slot + slot) * layer.width + part.first
        outputs = layer.outputs + (part.slot + slot) * layer.width + part.first
        if part.biases != NULL and old_inputs != NULL:
            for j in range(part.padded):
                part.biases[j] = part.biases[j] + steps[j]
        width = part.padded if part.is_copied else part.count
        if old_inputs == NULL:
            start_sums(part.biases, signals, part.padded)
            add_weighted(
                inputs, part.weights, part.row, signals, layer.fan_in, width, backwards
            )
        else:
            move_and_add_weighted(
                part.weights, part.row, old_inputs, steps, inputs, part.biases, signals,
                layer.fan_in, width, backwards,
            )
        if layer.activation == SOFTMAX:
            activate(SOFTMAX, signals, outputs, layer.fan_out)
        else:
            activate(layer.activation, signals, outputs, part.padded)
        # What is no neuron's output moves the transposed weights, which shall stay 0 there.
        if part.first + part.padded > layer.fan_out:
            memset(
                layer.outputs + (part.slot + slot) * layer.width + layer.fan_out, 0,
                (layer.width - layer.fan_out) * sizeof(real),
            )
        if part.is_split:
            meet(net.team)
        old_inputs = NULL if old_inputs == NULL else (
            layer.outputs + (part.slot + old) * layer.width
        )
        inputs = layer.outputs + (part.slot + slot) * layer.width


cdef void backward_online(
    const Network *net, bint is_first, Py_ssize_t old, Py_ssize_t slot, double lr
) noexcept nogil:
    """Fill in the errors, deltas and steps of this thread's neurons; the last layer has its deltas.

    The transposed weights are moved in passing by the example in the old slot, but for the first.
    """
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef const Layer *before
    cdef const OnlinePart *part
    cdef const OnlinePart *own
    cdef const real *sent_back
    cdef Py_ssize_t row
    for at in range(net.depth - 1, 0, -1):
        layer, part = &net.layers[at], &net.online[at]
        before, own = &net.layers[at - 1], &net.online[at - 1]
        if part.is_split:
            meet(net.team)
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + (part.slot + slot) * layer.width
        row = (own.slot + slot) * before.width + own.first
        if is_first:
            start_sums(NULL, before.errors + row, own.padded)
            add_weighted(
                sent_back, part.transposed + own.first, before.width, before.errors + row,
                layer.fan_out, own.padded, False,
            )
        else:
            move_and_add_weighted(
                part.transposed + own.first, before.width,
                layer.steps + (part.slot + old) * layer.width,
                before.outputs + (own.slot + old) * before.width + own.first,
                sent_back, NULL, before.errors + row, layer.fan_out, own.padded, False,
            )
        times_slope(
            before.activation, before.outputs + row, before.errors + row, before.deltas + row,
            own.padded,
        )
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        row = (part.slot + slot) * layer.width + part.first
        find_steps(layer.deltas + row, layer.steps + row, lr, part.padded)


cdef void finish_online(const Network *net, const real *inputs, Py_ssize_t slot) noexcept nogil:
    """Move the weights by the example in the slot, the last, and bring the copies back."""
    cdef Py_ssize_t at, i, j
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef real *steps
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + (part.slot + slot) * layer.width + part.first
        if part.is_split or net.me == 0:
            add_product(
                inputs, 1, layer.fan_in, steps, layer.width, part.weights, part.row,
                layer.fan_in, 1, part.count,
            )
            if part.is_copied:
                for i in range(layer.fan_in):
                    memcpy(
                        layer.weights.values + i * layer.fan_out + part.first,
                        part.weights + i * part.row, part.count * sizeof(real),
                    )
            if part.biases != NULL:
                for j in range(part.count):
                    layer.biases.values[part.first + j] = part.biases[j] + steps[j]
        inputs = layer.outputs + (part.slot + slot) * layer.width


cdef void fit_online(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) noexcept nogil:
    """One update for each of one or more examples, whose losses are added to the loss."""
    cdef Py_ssize_t place, slot = 0, old = 0
    cdef double added
    start_online(net)
    for place in range(start, stop):
        old, slot = slot, slot + 1 if slot + 1 < SLOTS else 0
        forward_online(
            net, NULL if place == start else inputs_at(examples, place - 1),
            inputs_at(examples, place), old, slot, place % 2 == 1,
        )
        added = start_backward(
            net, targets_at(examples, place), net.online[net.depth - 1].slot + slot
        )
        if net.me == 0:
            loss[0] = loss[0] + added
        backward_online(net, place == start, old, slot, lr)
    finish_online(net, inputs_at(examples, stop - 1), slot)
