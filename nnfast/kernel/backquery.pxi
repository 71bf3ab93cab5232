# The network run backwards, as in nnref/network.py.

cdef void signals_for(
    int activation, vector outputs, vector signals, Py_ssize_t width
) noexcept nogil:
    """signals = what the activation turns into outputs."""
    cdef Py_ssize_t j
    for j in range(width):
        if activation == SIGMOID:
            signals[j] = logit_of(outputs[j])
        elif activation == TANH:
            signals[j] = artanh_of(outputs[j])
        elif activation == SOFTMAX:
            signals[j] = log_of(outputs[j])
        else:
            signals[j] = outputs[j]


cdef void split(
    const real *errors, const real *weights, real *recombined, Py_ssize_t fan_in,
    Py_ssize_t fan_out,
) noexcept nogil:
    """recombined[j] = sum over k of weights[j][k] * errors[k]; NumPy: weights @ errors."""
    cdef Py_ssize_t j, k, whole = fan_in - fan_in % 4
    cdef const real *row
    cdef real total, total1, total2, total3
    # Four sums side by side: while one waits for its last addition, the others go on.
    for j in range(0, whole, 4):
        row = weights + j * fan_out
        total = total1 = total2 = total3 = 0.0
        for k in range(fan_out):
            total = total + row[k] * errors[k]
            total1 = total1 + row[fan_out + k] * errors[k]
            total2 = total2 + row[2 * fan_out + k] * errors[k]
            total3 = total3 + row[3 * fan_out + k] * errors[k]
        recombined[j], recombined[j + 1] = total, total1
        recombined[j + 2], recombined[j + 3] = total2, total3
    for j in range(whole, fan_in):
        total = 0.0
        row = weights + j * fan_out
        for k in range(fan_out):
            total = total + row[k] * errors[k]
        recombined[j] = total


cdef void rescale(real *values, Py_ssize_t width) noexcept nogil:
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
