# What neurons make of their signals, how steep that is, and what a layer's outputs cost, as in
# nnref/neurons.py. The kernel knows only numbers, so an activation or a loss is a code, and
# ACTIVATIONS and LOSSES have their names.

from libc.math cimport INFINITY, fabs
from libc.string cimport memcpy

cdef enum:
    SIGMOID = 0
    TANH = 1
    RELU = 2
    IDENTITY = 3
    SOFTMAX = 4
    EXPONENTIAL = 5

cdef enum:
    SQUARED_ERROR = 0
    CROSS_ENTROPY = 1
    POISSON = 2

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity", "softmax", "exponential")
LOSSES = ("squared_error", "cross_entropy", "poisson")


cdef inline real relu_of(real x) noexcept nogil:
    """Return x above 0, else 0."""
    cdef real zero = 0.0
    return zero if x <= zero else x


cdef real shifted_exponentials(
    const_unaliased signals, unaliased exponentials, real *largest, Py_ssize_t width
) noexcept nogil:
    """exponentials[k] = e**(signals[k] - the largest signal); return their sum."""
    cdef Py_ssize_t k
    cdef real total = 0.0
    largest[0] = signals[0]
    for k in range(width):
        if signals[k] > largest[0]:
            largest[0] = signals[k]
    for k in range(width):
        exponentials[k] = exp_of(signals[k] - largest[0])
    for k in range(width):
        total = total + exponentials[k]
    return total


cdef void activate(
    int activation, const_unaliased signals, unaliased outputs, Py_ssize_t width
) noexcept nogil:
    """outputs = the activation of signals."""
    cdef Py_ssize_t j
    cdef real total, largest
    if activation == SIGMOID:
        for j in range(width):
            outputs[j] = sigmoid_of(signals[j])
    elif activation == TANH:
        for j in range(width):
            outputs[j] = tanh_of(signals[j])
    elif activation == RELU:
        for j in range(width):
            outputs[j] = relu_of(signals[j])
    elif activation == EXPONENTIAL:
        for j in range(width):
            outputs[j] = exp_of(signals[j])
    elif activation == SOFTMAX:
        total = shifted_exponentials(signals, outputs, &largest, width)
        for j in range(width):
            outputs[j] = outputs[j] / total
    else:
        memcpy(outputs, signals, width * sizeof(real))


cdef void times_slope(
    int activation, const_unaliased outputs, const_unaliased errors, unaliased deltas,
    Py_ssize_t width,
) noexcept nogil:
    """deltas[j] = errors[j] * the slope of neuron j, from its output."""
    cdef Py_ssize_t j
    cdef real zero = 0.0, one = 1.0, shared = 0.0
    if activation == SIGMOID:
        for j in range(width):
            deltas[j] = errors[j] * (outputs[j] * (one - outputs[j]))
    elif activation == TANH:
        for j in range(width):
            deltas[j] = errors[j] * (one - outputs[j] * outputs[j])
    elif activation == RELU:
        for j in range(width):
            deltas[j] = zero if outputs[j] <= zero else errors[j]
    elif activation == EXPONENTIAL:
        for j in range(width):
            deltas[j] = errors[j] * outputs[j]
    elif activation == SOFTMAX:
        for j in range(width):
            shared = shared + errors[j] * outputs[j]
        for j in range(width):
            deltas[j] = outputs[j] * (errors[j] - shared)
    else:
        memcpy(deltas, errors, width * sizeof(real))


cdef double squared_error(const real *errors, Py_ssize_t width) noexcept nogil:
    """Return one half of the sum of the squared errors."""
    cdef Py_ssize_t k
    cdef double total = 0.0
    for k in range(width):
        total = total + errors[k] * errors[k]
    return 0.5 * total


cdef double cross_entropy(
    int activation, const_unaliased signals, const_unaliased targets, unaliased scratch,
    Py_ssize_t width,
) noexcept nogil:
    """Return the cross-entropy of the outputs for these signals, against the targets."""
    cdef Py_ssize_t k
    cdef double total = 0.0, log_sum, t
    cdef real largest
    if activation == SIGMOID:
        for k in range(width):
            total = total + (
                (relu_of(signals[k]) - signals[k] * targets[k])
                + log_of(1.0 + exp_of(-fabs(signals[k])))
            )
        return total
    log_sum = log_of(shifted_exponentials(signals, scratch, &largest, width))
    for k in range(width):
        t = targets[k]
        if largest - signals[k] != INFINITY:
            total = total + t * ((largest - signals[k]) + log_sum)
        elif t > 0.0:  # the difference is beyond all floats; its product with t may not be
            total = total + ((t * largest - t * signals[k]) + t * log_sum)
    return total


cdef double poisson(
    const_unaliased signals, const_unaliased targets, const_unaliased errors, Py_ssize_t width
) noexcept nogil:
    """Return half the Poisson deviance of the outputs from the targets."""
    cdef Py_ssize_t k
    cdef double total = 0.0, t
    for k in range(width):
        t = targets[k]
        if errors[k] == -INFINITY:  # the output is beyond all floats, and so is the loss
            total = total + INFINITY
        elif t > 0.0:
            total = total + (t * (log_of(t) - signals[k]) - errors[k])
        else:
            total = total - errors[k]
    return total


cdef void output_deltas(
    int loss, int activation, const_unaliased outputs, const_unaliased targets,
    const_unaliased errors, unaliased deltas, Py_ssize_t width,
) noexcept nogil:
    """deltas = minus the slope of the loss in the output layer's signals."""
    cdef Py_ssize_t k
    cdef real total = 0.0
    if loss == SQUARED_ERROR:
        times_slope(activation, outputs, errors, deltas, width)
        return
    if activation != SOFTMAX:
        memcpy(deltas, errors, width * sizeof(real))
        return
    for k in range(width):
        total = total + targets[k]
    for k in range(width):
        deltas[k] = targets[k] - outputs[k] * total
