# The optimizers, as in nnref/updates.py.

from libc.math cimport sqrt, sqrtf
from libc.string cimport memcpy, memset

cdef enum:
    SGD = 0
    MOMENTUM = 1
    ADAM = 2

OPTIMIZERS = ("sgd", "momentum", "adam")


cdef inline real root_of(real x) noexcept nogil:
    return sqrtf(x) if sizeof(real) == sizeof(float) else sqrt(x)


cdef void scale(vector values, real factor, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        values[i] = values[i] * factor


cdef void take_decay(vector direction, vector values, real decay, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        direction[i] = direction[i] - decay * values[i]


cdef void apply_momentum(
    vector values, vector direction, vector velocity, Py_ssize_t size,
    real lr, real mu, bint nesterov,
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        velocity[i] = mu * velocity[i] + direction[i]
    if nesterov:
        for i in range(size):
            values[i] = values[i] + lr * (direction[i] + mu * velocity[i])
    else:
        for i in range(size):
            values[i] = values[i] + lr * velocity[i]


cdef void apply_adam(
    vector values, vector direction, vector first, vector second, Py_ssize_t size,
    real rate, real root, const Settings *settings,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef real beta1 = settings.beta1, beta2 = settings.beta2, epsilon = settings.epsilon
    cdef real rest1 = 1.0 - settings.beta1, rest2 = 1.0 - settings.beta2
    cdef real m, v, d
    for i in range(size):
        d = direction[i]
        m = beta1 * first[i] + rest1 * d
        v = beta2 * second[i] + rest2 * (d * d)
        first[i] = m
        second[i] = v
        values[i] = values[i] + (rate * m) / (root_of(v) / root + epsilon)


cdef void add_flows(const Network *net, const real *inputs, Py_ssize_t count) noexcept nogil:
    """Add each example's inputs[i] * steps[j] to the sums or weights, in order.

    That of the first count slots, to this thread's share of the rows of weights.
    """
    cdef Py_ssize_t at, row, j, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef real *weights
    cdef real *biases
    cdef Share share
    for at in range(net.depth):
        layer = &net.layers[at]
        weights = layer.weights.values if layer.weights.sums == NULL else layer.weights.sums
        biases = layer.biases.values if layer.biases.sums == NULL else layer.biases.sums
        share = share_of(net, layer.fan_in, ROWS)
        weights = weights + share.first * layer.fan_out
        add_product(
            inputs + share.first, 1, inputs_row, layer.steps, layer.width, weights,
            layer.fan_out, share.count, count, layer.fan_out,
        )
        if layer.biases.values != NULL and net.me == 0:
            for row in range(count):
                for j in range(layer.fan_out):
                    biases[j] = biases[j] + layer.steps[row * layer.width + j]
        inputs, inputs_row = layer.outputs, layer.width


cdef void scale_weights(const Network *net, double factor) noexcept nogil:
    """Scale the rows of weights that add_flows adds to in this thread."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef Share share
    for at in range(net.depth):
        layer = &net.layers[at]
        share = share_of(net, layer.fan_in, ROWS)
        scale(
            layer.weights.values + share.first * layer.fan_out, factor,
            share.count * layer.fan_out,
        )


cdef Parameters part_of(const Network *net, const Parameters *all) noexcept nogil:
    """This thread's share of a matrix or of biases, whatever their rows."""
    cdef Share share = share_of(net, all.size, CACHE_LINE)
    cdef Parameters part
    part.size = share.count
    part.values = all.values + share.first
    part.sums = all.sums + share.first
    part.slot1 = NULL if all.slot1 == NULL else all.slot1 + share.first
    part.slot2 = NULL if all.slot2 == NULL else all.slot2 + share.first
    return part


cdef void start_batch(
    const Network *net, const Parameters *all, double lr, double decay
) noexcept nogil:
    """Make the sums ready: zeros for a direction, or the values themselves for gradient descent."""
    cdef Parameters part
    if all.values == NULL:
        return
    part = part_of(net, all)
    if net.settings.optimizer != SGD:
        memset(part.sums, 0, part.size * sizeof(real))
        return
    memcpy(part.sums, part.values, part.size * sizeof(real))
    if decay != 0.0:
        scale(part.sums, 1.0 - lr * decay, part.size)


cdef void finish_batch(
    const Network *net, const Parameters *all, double lr, double decay
) noexcept nogil:
    """Move the values by the sums of a batch."""
    cdef const Settings *settings = &net.settings
    cdef Parameters part
    if all.values == NULL:
        return
    part = part_of(net, all)
    if settings.optimizer == SGD:
        memcpy(part.values, part.sums, part.size * sizeof(real))
        return
    if decay != 0.0:
        take_decay(part.sums, part.values, decay, part.size)
    if settings.optimizer == MOMENTUM:
        apply_momentum(
            part.values, part.sums, part.slot1, part.size,
            lr, settings.momentum, settings.nesterov,
        )
    else:
        apply_adam(
            part.values, part.sums, part.slot1, part.slot2, part.size,
            lr / (1.0 - net.powers[0] * settings.beta1),
            sqrt(1.0 - net.powers[1] * settings.beta2), settings,
        )


def move_all(real[::1] values, double step, Py_ssize_t times):
    """Add the step to every number, so many times: the least that an update of weights can cost."""
    cdef Py_ssize_t i, size = values.shape[0]
    cdef real move = <real> step
    cdef vector numbers = &values[0]
    with nogil:
        for _ in range(times):
            for i in range(size):
                numbers[i] = numbers[i] + move
            forget()
