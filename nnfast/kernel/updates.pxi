# How each optimizer moves the weights by what flowed through a layer, as in nnref/updates.py. The
# threads of a team share the numbers of each matrix.

from libc.math cimport sqrt, sqrtf
from libc.string cimport memcpy, memset

cdef enum:
    SGD = 0
    MOMENTUM = 1
    ADAM = 2

OPTIMIZERS = ("sgd", "momentum", "adam")


cdef Py_ssize_t slots_of(int optimizer) noexcept nogil:
    """Return how many numbers an optimizer keeps for every weight and bias."""
    return 0 if optimizer == SGD else 1 if optimizer == MOMENTUM else 2


cdef inline real root_of(real x) noexcept nogil:
    return sqrtf(x) if sizeof(real) == sizeof(float) else sqrt(x)


cdef void scale(unaliased values, real factor, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        values[i] = values[i] * factor


cdef void add_flows(const Network *net, const real *inputs, Py_ssize_t count) noexcept nogil:
    """Add each example's inputs[i] * steps[j] to the weights or sums of every layer, in order.

    That is for the examples in the first slots, and of the weights this thread's share.
    """
    cdef Py_ssize_t at, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    for at in range(net.depth):
        layer = &net.layers[at]
        moved(layer, inputs, inputs_row, share_of(net, layer.fan_in, ROWS), count)
        if layer.biases.values != NULL and net.me == 0:
            move_biases(layer, count)
        inputs, inputs_row = layer.outputs, layer.width


cdef void decay_weights(const Network *net, double keep) noexcept nogil:
    """Scale the rows of weights that this thread moves next, in `add_flows`."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef Share rows
    for at in range(net.depth):
        layer = &net.layers[at]
        rows = share_of(net, layer.fan_in, ROWS)
        scale(
            layer.weights.values + rows.first * layer.fan_out, keep, rows.count * layer.fan_out
        )


cdef void downhill(
    unaliased direction, const_unaliased values, real decay, Py_ssize_t size
) noexcept nogil:
    """direction -= decay * values: from the mean that `add_flows` has found, the decay's pull."""
    cdef Py_ssize_t i
    for i in range(size):
        direction[i] = direction[i] - decay * values[i]


cdef void momentum(
    unaliased values, const_unaliased direction, unaliased velocity, Py_ssize_t size,
    real lr, real mu, bint nesterov,
) noexcept nogil:
    """Move the values with momentum, and the velocity with them."""
    cdef Py_ssize_t i
    for i in range(size):
        velocity[i] = mu * velocity[i] + direction[i]
    if nesterov:
        for i in range(size):
            values[i] = values[i] + lr * (direction[i] + mu * velocity[i])
    else:
        for i in range(size):
            values[i] = values[i] + lr * velocity[i]


cdef void adam(
    unaliased values, const_unaliased direction, unaliased first, unaliased second,
    Py_ssize_t size, real rate, real shift, const Settings *settings,
) noexcept nogil:
    """Move the values by Adam, and the first and second moments with them."""
    cdef Py_ssize_t i
    cdef real beta1 = settings.beta1, beta2 = settings.beta2
    cdef real rest1 = 1.0 - settings.beta1, rest2 = 1.0 - settings.beta2
    cdef real m, v, d
    for i in range(size):
        d = direction[i]
        m = beta1 * first[i] + rest1 * d
        v = beta2 * second[i] + rest2 * (d * d)
        first[i] = m
        second[i] = v
        values[i] = values[i] + (rate * m) / (root_of(v) + shift)


cdef Parameters part_of(const Network *net, const Parameters *parameters) noexcept nogil:
    """Return this thread's share of a matrix or of biases, whatever their rows."""
    cdef Share share = share_of(net, parameters.size, CACHE_LINE)
    cdef Parameters part
    part.size = share.count
    part.values = parameters.values + share.first
    part.sums = parameters.sums + share.first
    part.slot1 = NULL if parameters.slot1 == NULL else parameters.slot1 + share.first
    part.slot2 = NULL if parameters.slot2 == NULL else parameters.slot2 + share.first
    return part


cdef void clear_sums_of(const Network *net, const Parameters *parameters) noexcept nogil:
    """Set a batch's sums to zeros."""
    cdef Parameters part
    if parameters.values != NULL:
        part = part_of(net, parameters)
        memset(part.sums, 0, part.size * sizeof(real))


cdef void start_sums_of(
    const Network *net, const Parameters *parameters, double lr, double decay
) noexcept nogil:
    """Set a batch's sums to zeros, or to the values themselves for plain gradient descent."""
    cdef Parameters part
    if net.settings.optimizer != SGD:
        clear_sums_of(net, parameters)
        return
    if parameters.values == NULL:
        return
    part = part_of(net, parameters)
    memcpy(part.sums, part.values, part.size * sizeof(real))
    if decay != 0.0:
        scale(part.sums, 1.0 - lr * decay, part.size)


cdef void updated(
    const Network *net, const Parameters *parameters, double lr, double decay
) noexcept nogil:
    """Move the values by a batch's sums."""
    cdef const Settings *settings = &net.settings
    cdef Parameters part
    cdef double root
    if parameters.values == NULL:
        return
    part = part_of(net, parameters)
    if settings.optimizer == SGD:
        memcpy(part.values, part.sums, part.size * sizeof(real))
        return
    if decay != 0.0:
        downhill(part.sums, part.values, decay, part.size)
    if settings.optimizer == MOMENTUM:
        momentum(
            part.values, part.sums, part.slot1, part.size,
            lr, settings.momentum, settings.nesterov,
        )
    else:
        root = sqrt(1.0 - net.powers[1] * settings.beta2)
        adam(
            part.values, part.sums, part.slot1, part.slot2, part.size,
            lr / (1.0 - net.powers[0] * settings.beta1) * root,
            # In float32 the product can vanish, and v with it.
            max(<real> (settings.epsilon * root), SMALLEST), settings,
        )


cdef void start_update(const Network *net, double lr) noexcept nogil:
    """Set the sums of every layer, before a batch; biases do not decay."""
    cdef Py_ssize_t at
    for at in range(net.depth):
        start_sums_of(net, &net.layers[at].weights, lr, net.settings.decay)
        start_sums_of(net, &net.layers[at].biases, lr, 0.0)


cdef void finish_update(const Network *net, double lr) noexcept nogil:
    """Move every layer by its sums, after a batch."""
    cdef Py_ssize_t at
    for at in range(net.depth):
        updated(net, &net.layers[at].weights, lr, net.settings.decay)
        updated(net, &net.layers[at].biases, lr, 0.0)
