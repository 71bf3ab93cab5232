# How each optimizer moves the weights by what flowed through a layer, as in nnref/updates.py.
#
# What flowed is added up for a few rows of weights at a time, and moves them while the sums are in
# the nearest cache. Each thread of a team moves its part of every matrix.

from libc.math cimport sqrt, sqrtf
from libc.string cimport memcpy, memset

cdef enum:
    SGD = 0
    MOMENTUM = 1
    ADAM = 2

OPTIMIZERS = ("sgd", "momentum", "adam")

# The sums of the rows that are worked on at a time, in bytes.
cdef enum:
    SOME_SUMS = 32768


# What becomes of a block's flows. The first block of a batch starts its sums, and the last one
# moves the weights by them.
cdef struct Update:
    bint moves          # whether the weights move; if not, the sums are what is wanted
    bint is_first
    bint is_last
    double lr
    double rate         # adam: what a step is multiplied by
    real shift          # adam: what its divisor is greater by
    Dropout dropout


# Some rows of a matrix, or a part of each, and their sums: runs of numbers side by side.
cdef struct Panel:
    Parameters run      # the first of them
    Py_ssize_t runs
    Py_ssize_t row      # from one to the next
    Py_ssize_t sums_row


cdef Py_ssize_t slots_of(int optimizer) noexcept nogil:
    """Return how many numbers an optimizer keeps for every weight and bias."""
    return 0 if optimizer == SGD else 1 if optimizer == MOMENTUM else 2


cdef inline real root_of(real x) noexcept nogil:
    return sqrtf(x) if sizeof(real) == sizeof(float) else sqrt(x)


cdef void scale(unaliased values, real factor, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        values[i] = values[i] * factor


cdef void downhill(
    unaliased direction, const_unaliased values, real decay, Py_ssize_t size
) noexcept nogil:
    """direction -= decay * values: from a batch's mean, the decay's pull."""
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


cdef void find_panel(
    const Network *net, const Parameters *parameters, Py_ssize_t row, const Area *area,
    const Update *update, Panel *panel,
) noexcept nogil:
    """Find an area of a matrix with rows of this length, and a place for its sums."""
    cdef Py_ssize_t first = area.rows.first * row + area.columns.first
    panel.runs, panel.run.size = area.rows.count, area.columns.count
    panel.row = panel.sums_row = row
    panel.run.values = parameters.values + first
    panel.run.slot1 = NULL if parameters.slot1 == NULL else parameters.slot1 + first
    panel.run.slot2 = NULL if parameters.slot2 == NULL else parameters.slot2 + first
    panel.run.sums = parameters.sums + first
    if update.moves and update.is_first and update.is_last:
        panel.run.sums, panel.sums_row = net.some_sums, area.columns.count
    if area.columns.count == row:
        panel.runs, panel.run.size = 1, area.rows.count * row


cdef inline void go_to_next(const Panel *panel, Parameters *run) noexcept nogil:
    """Go from one run of a panel to the next."""
    run.values += panel.row
    run.sums += panel.sums_row
    if run.slot1 != NULL:
        run.slot1 += panel.row
    if run.slot2 != NULL:
        run.slot2 += panel.row


cdef void start_panel(
    const Network *net, const Panel *panel, const Update *update, double decay
) noexcept nogil:
    """Set sums to zeros, or to the values, less their decay, for plain gradient descent."""
    cdef Parameters run = panel.run
    for _ in range(panel.runs):
        if net.settings.optimizer != SGD or not update.moves:
            memset(run.sums, 0, run.size * sizeof(real))
        else:
            memcpy(run.sums, run.values, run.size * sizeof(real))
            if decay != 0.0:
                scale(run.sums, 1.0 - update.lr * decay, run.size)
        go_to_next(panel, &run)


cdef void finish_panel(
    const Network *net, const Panel *panel, const Update *update, double decay
) noexcept nogil:
    """Move the values by a batch's sums."""
    cdef Parameters run = panel.run
    for _ in range(panel.runs):
        updated(&net.settings, &run, update, decay)
        go_to_next(panel, &run)


cdef void updated(
    const Settings *settings, const Parameters *part, const Update *update, double decay
) noexcept nogil:
    """Move values that lie side by side by their sums."""
    if settings.optimizer == SGD:
        memcpy(part.values, part.sums, part.size * sizeof(real))
        return
    if decay != 0.0:
        downhill(part.sums, part.values, decay, part.size)
    if settings.optimizer == MOMENTUM:
        momentum(
            part.values, part.sums, part.slot1, part.size,
            update.lr, settings.momentum, settings.nesterov,
        )
    else:
        adam(
            part.values, part.sums, part.slot1, part.slot2, part.size,
            update.rate, update.shift, settings,
        )


cdef void find_rate(const Network *net, Update *update) noexcept nogil:
    """Find what is the same for all weights that Adam moves."""
    cdef const Settings *settings = &net.settings
    cdef double root = sqrt(1.0 - net.powers[1] * settings.beta2)
    update.rate = update.lr / (1.0 - net.powers[0] * settings.beta1) * root
    # In float32 the product can vanish, and v with it.
    update.shift = max(<real> (settings.epsilon * root), SMALLEST)


cdef Py_ssize_t rows_at_once(const Area *own) noexcept nogil:
    """Return how many rows of an area are worked on at a time."""
    cdef Py_ssize_t most = SOME_SUMS // sizeof(real)
    if own.rows.count * own.columns.count <= most:
        return own.rows.count
    return max(ROWS, most // own.columns.count // ROWS * ROWS)


cdef void move_in_place(
    const Network *net, Py_ssize_t at, const real *inputs, Py_ssize_t inputs_row, Py_ssize_t count,
    double keep,
) noexcept nogil:
    """Add what flows through this thread's weights and biases of a layer to these themselves.

    The weights shrink to what to keep of them just before.
    """
    cdef const Layer *layer = &net.layers[at]
    cdef Area own = own_area(net, at, layer.fan_in)
    cdef real *weights = layer.weights.values + own.rows.first * layer.fan_out + own.columns.first
    cdef Py_ssize_t row
    if keep != 1.0:
        for row in range(own.rows.count):
            scale(weights + row * layer.fan_out, keep, own.columns.count)
    moved(layer, inputs, inputs_row, &own, count, weights, layer.fan_out)
    if layer.biases.values != NULL:
        own = own_area(net, at, 1)
        if own.rows.count > 0:
            move_biases(layer, own.columns, count, layer.biases.values + own.columns.first)


cdef void move_weights(
    const Network *net, Py_ssize_t at, const real *inputs, Py_ssize_t inputs_row, Py_ssize_t count,
    const Update *update,
) noexcept nogil:
    """Add what flows through this thread's weights of a layer, and move them."""
    cdef const Layer *layer = &net.layers[at]
    cdef double decay = net.settings.decay
    cdef Area some = own_area(net, at, layer.fan_in)
    cdef Py_ssize_t rows = rows_at_once(&some), stop = some.rows.first + some.rows.count
    cdef Panel panel
    while some.rows.first < stop:
        some.rows.count = min(rows, stop - some.rows.first)
        find_panel(net, &layer.weights, layer.fan_out, &some, update, &panel)
        if update.is_first:
            start_panel(net, &panel, update, decay)
        moved(layer, inputs, inputs_row, &some, count, panel.run.sums, panel.sums_row)
        if update.is_last and update.moves:
            finish_panel(net, &panel, update, decay)
        some.rows.first += rows


cdef void move_own_biases(
    const Network *net, Py_ssize_t at, Py_ssize_t count, const Update *update
) noexcept nogil:
    """Add what flows through this thread's biases of a layer, and move them; they do not decay."""
    cdef const Layer *layer = &net.layers[at]
    cdef Area own = own_area(net, at, 1)
    cdef Panel panel
    if own.rows.count == 0:
        return
    find_panel(net, &layer.biases, layer.fan_out, &own, update, &panel)
    if update.is_first:
        start_panel(net, &panel, update, 0.0)
    move_biases(layer, own.columns, count, panel.run.sums)
    if update.is_last and update.moves:
        finish_panel(net, &panel, update, 0.0)


cdef void add_flows(
    const Network *net, const real *inputs, Py_ssize_t count, Update *update
) noexcept nogil:
    """Add each example's inputs[i] * steps[j] to the weights or sums of every layer, in order.

    That is for the examples in the first slots, and of the weights this thread's part. In the last
    block of a batch, they also move.
    """
    cdef const Settings *settings = &net.settings
    cdef Py_ssize_t at, inputs_row = net.layers[0].fan_in
    # With plain gradient descent, since all deltas of the batch are known.
    cdef bint in_place = (
        settings.optimizer == SGD and update.moves and update.is_first and update.is_last
    )
    cdef const Layer *layer
    if settings.optimizer == ADAM and update.moves and update.is_last:
        find_rate(net, update)
    for at in range(net.depth):
        layer = &net.layers[at]
        if in_place:
            move_in_place(
                net, at, inputs, inputs_row, count, 1.0 - update.lr * settings.decay
            )
        else:
            move_weights(net, at, inputs, inputs_row, count, update)
            if layer.biases.values != NULL:
                move_own_biases(net, at, count, update)
        inputs, inputs_row = sent_on(layer, &update.dropout), layer.width
