# The network run backwards, from an answer to inputs for it, as in nnref/backquery.py.


cdef void signals_for(
    int activation, const_unaliased outputs, unaliased signals, Py_ssize_t width
) noexcept nogil:
    """signals = what the activation turns into outputs; for softmax, up to a constant."""
    cdef Py_ssize_t j
    for j in range(width):
        if activation == SIGMOID:
            signals[j] = logit_of(outputs[j])
        elif activation == TANH:
            signals[j] = artanh_of(outputs[j])
        elif activation == SOFTMAX or activation == EXPONENTIAL:
            signals[j] = log_of(outputs[j])
        else:
            signals[j] = outputs[j]


cdef void recombined_one(
    const real *signals, const real *weights, real *sums, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """sums[j] = sum over k of weights[j][k] * signals[k]; NumPy: weights @ signals.

    That is `recombined` for one example, where to transpose the weights would take longest.
    """
    cdef Py_ssize_t j, k, in_fours = fan_in - fan_in % 4
    cdef const real *row
    cdef real total, total1, total2, total3
    # Four sums side by side: while one waits for its last addition, the others go on.
    for j in range(0, in_fours, 4):
        row = weights + j * fan_out
        total = total1 = total2 = total3 = 0.0
        for k in range(fan_out):
            total = total + row[k] * signals[k]
            total1 = total1 + row[fan_out + k] * signals[k]
            total2 = total2 + row[2 * fan_out + k] * signals[k]
            total3 = total3 + row[3 * fan_out + k] * signals[k]
        sums[j], sums[j + 1] = total, total1
        sums[j + 2], sums[j + 3] = total2, total3
    for j in range(in_fours, fan_in):
        total = 0.0
        row = weights + j * fan_out
        for k in range(fan_out):
            total = total + row[k] * signals[k]
        sums[j] = total


cdef void rescaled(real *values, Py_ssize_t width) noexcept nogil:
    """Move and stretch values to run from 0.01 to 0.99; all 0.5 where they are equal."""
    cdef Py_ssize_t i
    cdef double low = values[0], high = values[0]
    for i in range(width):
        if values[i] < low:
            low = values[i]
        if values[i] > high:
            high = values[i]
    for i in range(width):
        values[i] = 0.5 if low == high else (values[i] - low) / (high - low) * 0.98 + 0.01


cdef void backquery(const Network *net, const real *targets, real *inputs) noexcept nogil:
    """Write the inputs that the network has in mind for the targets to inputs."""
    cdef Py_ssize_t at, j
    cdef const Layer *layer
    cdef const real *outputs = targets
    cdef real *before
    for at in range(net.depth - 1, -1, -1):
        layer = &net.layers[at]
        before = inputs if at == 0 else net.layers[at - 1].outputs
        signals_for(layer.activation, outputs, layer.signals, layer.fan_out)
        if layer.biases.values != NULL:
            for j in range(layer.fan_out):
                layer.signals[j] = layer.signals[j] - layer.biases.values[j]
        recombined_one(
            layer.signals, layer.weights.values, before, layer.fan_in, layer.fan_out
        )
        rescaled(before, layer.fan_in)
        outputs = before
