# The article's algorithm, as in nnref/article.py: what flows forward, what flows back, and how the
# weights move.
#
# The oracle takes one example, and this takes several at once: they are the rows slot to
# slot + count - 1 of a layer's signals, outputs, errors, deltas and steps. Each example gets the
# numbers that it would get alone. The innermost loops are in lanes.h.

from libc.string cimport memcpy, memset


cdef void start_sums(const real *biases, real *sums, Py_ssize_t width) noexcept nogil:
    """sums[j] = biases[j], or 0.0 without biases."""
    if biases == NULL:
        memset(sums, 0, width * sizeof(real))
    else:
        memcpy(sums, biases, width * sizeof(real))


cdef void weighted_sums(
    const Layer *layer, const real *inputs, Py_ssize_t inputs_row, real *signals,
    Py_ssize_t count,
) noexcept nogil:
    """signals[r][j] = biases[j] + sum over i of inputs[r][i] * weights[i][j].

    NumPy: signals = biases + inputs @ weights.
    """
    cdef Py_ssize_t row
    for row in range(count):
        start_sums(layer.biases.values, signals + row * layer.width, layer.fan_out)
    if count == 1:
        add_weighted(
            inputs, layer.weights.values, layer.fan_out, signals, layer.fan_in,
            layer.fan_out,
        )
    else:
        add_product(
            inputs, inputs_row, 1, layer.weights.values, layer.fan_out,
            signals, layer.width, count, layer.fan_in, layer.fan_out,
        )


cdef void transpose(
    const real *weights, real *transposed, Py_ssize_t row, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """transposed[k][j] = weights[j][k], its rows a given number of places apart."""
    cdef Py_ssize_t j, k
    for j in range(fan_in):
        for k in range(fan_out):
            transposed[k * row + j] = weights[j * fan_out + k]


cdef void recombined(
    const Layer *layer, const real *sent_back, real *errors, Py_ssize_t errors_row,
    Py_ssize_t count, real *transposed,
) noexcept nogil:
    """errors[r][j] = sum over k of weights[j][k] * sent_back[r][k].

    NumPy: errors = sent_back @ weights.T. The weights are transposed first, so that the terms of
    many sums, not those of one, lie side by side in memory. This is done for a single example too:
    in float32, a sum of products along a row would be fused in another way.
    """
    transpose(layer.weights.values, transposed, errors_row, layer.fan_in, layer.fan_out)
    memset(errors, 0, count * errors_row * sizeof(real))
    add_product(
        sent_back, layer.width, 1, transposed, errors_row,
        errors, errors_row, count, layer.fan_out, errors_row,
    )


cdef void activate_rows(
    const Layer *layer, const real *signals, real *outputs, Py_ssize_t count
) noexcept nogil:
    """outputs[r] = the activation of signals[r]."""
    cdef Py_ssize_t row
    if layer.activation != SOFTMAX:
        activate(layer.activation, signals, outputs, count * layer.width)
        return
    for row in range(count):
        activate(
            SOFTMAX, signals + row * layer.width, outputs + row * layer.width, layer.fan_out
        )


cdef void output_errors(const Network *net, const real *targets, Py_ssize_t slot) noexcept nogil:
    """errors = targets - outputs, for one example in the last layer."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t k, first = slot * last.width
    for k in range(last.fan_out):
        last.errors[first + k] = targets[k] - last.outputs[first + k]


cdef double loss_of(const Network *net, const real *targets, Py_ssize_t slot) noexcept nogil:
    """Return the loss of one example, whose output errors are known."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t first = slot * last.width
    if net.settings.loss == CROSS_ENTROPY:
        return cross_entropy(
            last.activation, last.signals + first, targets, last.steps + first, last.fan_out
        )
    if net.settings.loss == POISSON:
        return poisson(last.signals + first, targets, last.errors + first, last.fan_out)
    return squared_error(last.errors + first, last.fan_out)


cdef double start_backward(
    const Network *net, const real *targets, Py_ssize_t slot
) noexcept nogil:
    """Fill in one example's errors and deltas in the last layer; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t first = slot * last.width
    output_errors(net, targets, slot)
    output_deltas(
        net.settings.loss, last.activation, last.outputs + first, targets,
        last.errors + first, last.deltas + first, last.fan_out,
    )
    return loss_of(net, targets, slot)


cdef void forward(
    const Network *net, const real *inputs, Py_ssize_t slot, Py_ssize_t count
) noexcept nogil:
    """Fill in the signals and outputs of every layer, the first layer first.

    The examples' inputs lie side by side, (count, inodes).
    """
    cdef Py_ssize_t at, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef real *signals
    cdef real *outputs
    for at in range(net.depth):
        layer = &net.layers[at]
        signals, outputs = layer.signals + slot * layer.width, layer.outputs + slot * layer.width
        weighted_sums(layer, inputs, inputs_row, signals, count)
        activate_rows(layer, signals, outputs, count)
        inputs, inputs_row = outputs, layer.width


cdef void backward(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t slot,
    Py_ssize_t count,
) noexcept nogil:
    """Fill in the errors and deltas of every layer, the last layer first, and the losses.

    Of the examples from a place on, whose outputs are known.
    """
    cdef Py_ssize_t at, row
    cdef const Layer *layer
    cdef const Layer *before
    cdef const real *sent_back
    cdef real *errors
    for row in range(count):
        net.losses[slot + row] = start_backward(net, targets_at(examples, place + row), slot + row)
    for at in range(net.depth - 1, 0, -1):
        layer, before = &net.layers[at], &net.layers[at - 1]
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back, errors = sent_back + slot * layer.width, before.errors + slot * before.width
        recombined(layer, sent_back, errors, before.width, count, net.transposed)
        times_slope(
            before.activation, before.outputs + slot * before.width, errors,
            before.deltas + slot * before.width, count * before.width,
        )


cdef void find_steps(
    const_unaliased deltas, unaliased steps, double rate, Py_ssize_t count
) noexcept nogil:
    """steps[j] = rate * deltas[j]."""
    cdef Py_ssize_t i
    cdef real factor = <real> rate
    for i in range(count):
        steps[i] = factor * deltas[i]


cdef void moved(
    const Layer *layer, const real *inputs, Py_ssize_t inputs_row, Share rows, Py_ssize_t count
) noexcept nogil:
    """weights[i][j] += inputs[r][i] * steps[r][j], the examples r in their order.

    NumPy: weights += inputs.T @ steps, for a share of the rows i. The steps are those in the first
    slots; the sums of a batch, if it has some, take the place of the weights.
    """
    cdef real *weights = layer.weights.values if layer.weights.sums == NULL else layer.weights.sums
    add_product(
        inputs + rows.first, 1, inputs_row, layer.steps, layer.width,
        weights + rows.first * layer.fan_out, layer.fan_out, rows.count, count, layer.fan_out,
    )


cdef void move_biases(const Layer *layer, Py_ssize_t count) noexcept nogil:
    """biases[j] += steps[r][j], the examples r in their order."""
    cdef Py_ssize_t row, j
    cdef real *biases = layer.biases.values if layer.biases.sums == NULL else layer.biases.sums
    for row in range(count):
        for j in range(layer.fan_out):
            biases[j] = biases[j] + layer.steps[row * layer.width + j]
