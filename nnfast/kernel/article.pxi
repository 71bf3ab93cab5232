# The article's algorithm: forward and backward, as in nnref/network.py; most is in lanes.h.
#
# What follows works on several examples at once: the rows slot to slot + count - 1 of a layer's
# signals, outputs, errors, deltas and steps. Their inputs lie side by side.

from libc.string cimport memcpy, memset

cdef void start_sums(const real *biases, real *sums, Py_ssize_t width) noexcept nogil:
    """sums[j] = biases[j], or 0.0 without biases."""
    if biases == NULL:
        memset(sums, 0, width * sizeof(real))
    else:
        memcpy(sums, biases, width * sizeof(real))


cdef void finish_forward(const Layer *layer, Py_ssize_t slot, Py_ssize_t count) noexcept nogil:
    """Turn the signals into outputs."""
    cdef Py_ssize_t row
    cdef real *signals = layer.signals + slot * layer.width
    cdef real *outputs = layer.outputs + slot * layer.width
    if layer.activation != SOFTMAX:
        activate(layer.activation, signals, outputs, count * layer.width)
        return
    for row in range(count):
        activate(
            SOFTMAX, signals + row * layer.width, outputs + row * layer.width, layer.fan_out
        )


cdef void forward(
    const Network *net, const real *inputs, Py_ssize_t slot, Py_ssize_t count, bint backwards
) noexcept nogil:
    """Fill in the signals and outputs of every layer."""
    cdef Py_ssize_t at, row, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef real *signals
    for at in range(net.depth):
        layer = &net.layers[at]
        signals = layer.signals + slot * layer.width
        for row in range(count):
            start_sums(layer.biases.values, signals + row * layer.width, layer.fan_out)
        if count == 1:
            add_weighted(
                inputs, layer.weights.values, layer.fan_out, signals, layer.fan_in,
                layer.fan_out, backwards,
            )
        else:
            add_product(
                inputs, inputs_row, 1, layer.weights.values, layer.fan_out,
                signals, layer.width, count, layer.fan_in, layer.fan_out,
            )
        finish_forward(layer, slot, count)
        inputs, inputs_row = layer.outputs + slot * layer.width, layer.width


cdef double find_errors(const Network *net, const real *targets, Py_ssize_t slot) noexcept nogil:
    """Fill in one example's errors in the last layer, targets - outputs; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t k, first = slot * last.width
    for k in range(last.fan_out):
        last.errors[first + k] = targets[k] - last.outputs[first + k]
    if net.settings.cross_entropy:
        return cross_entropy(
            last.activation, last.signals + first, <real *> targets, last.steps + first,
            last.fan_out,
        )
    return squared_error(last.errors + first, last.fan_out)


cdef double start_backward(
    const Network *net, const real *targets, Py_ssize_t slot
) noexcept nogil:
    """Fill in one example's errors and deltas in the last layer; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t first = slot * last.width
    cdef double loss = find_errors(net, targets, slot)
    if net.settings.cross_entropy:
        cross_entropy_deltas(
            last.activation, last.outputs + first, <real *> targets, last.errors + first,
            last.deltas + first, last.fan_out,
        )
    else:
        times_slope(
            last.activation, last.outputs + first, last.errors + first, last.deltas + first,
            last.fan_out,
        )
    return loss


cdef void transpose(
    const real *weights, real *transposed, Py_ssize_t row, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """transposed[k][j] = weights[j][k], in rows that are so far apart."""
    cdef Py_ssize_t j, k
    for j in range(fan_in):
        for k in range(fan_out):
            transposed[k * row + j] = weights[j * fan_out + k]


cdef void backward(const Network *net, Py_ssize_t slot, Py_ssize_t count) noexcept nogil:
    """Fill in the errors and deltas of every layer before the last, which has them already."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef const Layer *before
    cdef real *sent_back
    cdef real *errors
    for at in range(net.depth - 1, 0, -1):
        layer, before = &net.layers[at], &net.layers[at - 1]
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + slot * layer.width
        errors = before.errors + slot * before.width
        # For one example too: a sum of products along a row would not be fused alike in float32.
        transpose(layer.weights.values, net.transposed, before.width, layer.fan_in, layer.fan_out)
        memset(errors, 0, count * before.width * sizeof(real))
        add_product(
            sent_back, layer.width, 1, net.transposed, before.width, errors, before.width,
            count, layer.fan_out, before.width,
        )
        times_slope(
            before.activation, before.outputs + slot * before.width, errors,
            before.deltas + slot * before.width, count * before.width,
        )


cdef void find_steps(
    vector deltas, vector steps, double rate, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    cdef real factor = <real> rate
    for i in range(count):
        steps[i] = factor * deltas[i]
