# The article's algorithm, as in nnref/article.py: what flows forward, what flows back, and how the
# weights move.
#
# The oracle takes one example, and this takes several at once: they are rows of a layer's signals,
# outputs, errors, deltas and steps, whose columns are its neurons. Each example gets the numbers
# that it would get alone. The innermost loops are in lanes.h.

from libc.string cimport memcpy, memset


cdef void start_sums(const real *biases, real *sums, Py_ssize_t width) noexcept nogil:
    """sums[j] = biases[j], or 0.0 without biases."""
    if biases == NULL:
        memset(sums, 0, width * sizeof(real))
    else:
        memcpy(sums, biases, width * sizeof(real))


cdef void weighted_sums(
    const Layer *layer, const real *inputs, Py_ssize_t inputs_row, const Area *own
) noexcept nogil:
    """signals[r][j] = biases[j] + sum over i of inputs[r][i] * weights[i][j].

    NumPy: signals = biases + inputs @ weights, for an area of the signals. The inputs are those of
    its first row on.
    """
    cdef Py_ssize_t row, first = own.columns.first
    cdef real *signals = layer.signals + own.rows.first * layer.width + first
    cdef const real *weights = layer.weights.values + first
    cdef const real *biases = NULL
    if layer.biases.values != NULL:
        biases = layer.biases.values + first
    for row in range(own.rows.count):
        start_sums(biases, signals + row * layer.width, own.columns.count)
    if own.rows.count == 1:
        add_weighted(
            inputs, weights, layer.fan_out, signals, layer.fan_in, own.columns.count
        )
    else:
        add_product(
            inputs, inputs_row, 1, weights, layer.fan_out,
            signals, layer.width, own.rows.count, layer.fan_in, own.columns.count,
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
    const Layer *layer, const Layer *before, const real *sent_back, const Area *own,
    real *transposed,
) noexcept nogil:
    """errors[r][j] = sum over k of weights[j][k] * sent_back[r][k], for an area of the errors.

    NumPy: errors = sent_back @ weights.T; they are those of the layer before. The weights are
    transposed first, so that the terms of many sums, not those of one, lie side by side in memory.
    This is done for a single example too: in float32, a sum of products along a row would be fused
    in another way.
    """
    cdef Runs runs = runs_of(before, own)
    cdef Py_ssize_t at, width = registers_for(own.columns.count) * LANES
    transpose(
        layer.weights.values + own.columns.first * layer.fan_out, transposed, width,
        own.columns.count, layer.fan_out,
    )
    for at in range(runs.count):
        start_sums(NULL, before.errors + runs.first + at * runs.distance, runs.length)
    add_product(
        sent_back + own.rows.first * layer.width, layer.width, 1, transposed, width,
        before.errors + runs.first, before.width, own.rows.count, layer.fan_out, width,
    )


cdef void activate_area(const Layer *layer, const Area *own) noexcept nogil:
    """outputs = the activation of signals, for an area of them."""
    cdef Runs runs = runs_of(layer, own)
    cdef Py_ssize_t first = runs.first
    if layer.activation == SOFTMAX:
        runs.count, runs.length = own.rows.count, layer.fan_out
    for _ in range(runs.count):
        activate(layer.activation, layer.signals + first, layer.outputs + first, runs.length)
        first += runs.distance


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

    The examples' inputs lie side by side, (count, inodes); their numbers are the rows slot to
    slot + count - 1.
    """
    cdef Py_ssize_t at, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef Area all_neurons
    for at in range(net.depth):
        layer = &net.layers[at]
        all_neurons = Area(Share(slot, count), Share(0, layer.fan_out))
        weighted_sums(layer, inputs, inputs_row, &all_neurons)
        activate_area(layer, &all_neurons)
        inputs, inputs_row = layer.outputs + slot * layer.width, layer.width


cdef void send_back(
    const Network *net, Py_ssize_t at, const Area *own, const Dropout *dropout
) noexcept nogil:
    """Fill in an area of the errors and deltas of the layer before one whose own are known."""
    cdef const Layer *layer = &net.layers[at]
    cdef const Layer *before = &net.layers[at - 1]
    cdef const real *sent_back = layer.deltas if net.settings.gradient else layer.errors
    cdef Runs runs = runs_of(before, own)
    cdef Py_ssize_t first = runs.first
    recombined(layer, before, sent_back, own, net.transposed)
    for _ in range(runs.count):
        if is_masked(before, dropout):
            find_kept(
                before.errors + first, before.masks + first, before.errors + first, runs.length
            )
        times_slope(
            before.activation, before.outputs + first, before.errors + first,
            before.deltas + first, runs.length,
        )
        first += runs.distance


cdef void find_steps(
    const_unaliased deltas, unaliased steps, double rate, Py_ssize_t count
) noexcept nogil:
    """steps[j] = rate * deltas[j]."""
    cdef Py_ssize_t i
    cdef real factor = <real> rate
    for i in range(count):
        steps[i] = factor * deltas[i]


cdef void moved(
    const Layer *layer, const real *inputs, Py_ssize_t inputs_row, const Area *own,
    Py_ssize_t count, real *weights, Py_ssize_t row,
) noexcept nogil:
    """weights[i][j] += inputs[r][i] * steps[r][j], the examples r in their order.

    NumPy: weights += inputs.T @ steps, for an area of them. These weights are the layer's, or the
    sums of a batch; they begin with the area.
    """
    add_product(
        inputs + own.rows.first, 1, inputs_row, layer.steps + own.columns.first, layer.width,
        weights, row, own.rows.count, count, own.columns.count,
    )


cdef void move_biases(
    const Layer *layer, Share neurons, Py_ssize_t count, real *biases
) noexcept nogil:
    """biases[j] += steps[r][j], the examples r in their order; they begin with these neurons."""
    cdef Py_ssize_t row, j
    cdef const real *steps = layer.steps + neurons.first
    for row in range(count):
        for j in range(neurons.count):
            biases[j] = biases[j] + steps[row * layer.width + j]
