# The memory that a network's pointers lead to. A list of owners keeps it there.

from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy


cdef void *room(list owners, size_t size) except NULL:
    """Return a place for this many bytes, all 0, that starts with a cache line."""
    cdef bytearray place = bytearray(size + CACHE_LINE)
    cdef uintptr_t start = <uintptr_t> PyByteArray_AS_STRING(place)
    owners.append(place)
    return <void *> (start + (CACHE_LINE - start % CACHE_LINE) % CACHE_LINE)


cdef real *reals(list owners, Py_ssize_t count) except NULL:
    """Return a place for this many numbers, all 0."""
    return <real *> room(owners, count * sizeof(real))


cdef real *reals_of(list owners, array, Py_ssize_t size) except NULL:
    """Return where an array's numbers are, and keep them there."""
    cdef real[::1] flat
    # NumPy resizes no array that has a view.
    owners.append(memoryview(array))
    flat = array.reshape(-1)
    check_length("size", flat.shape[0], size)
    return &flat[0]


cdef double *doubles_of(list owners, str name, double[::1] array, Py_ssize_t size) except NULL:
    """Return where an array's numbers are, and keep them there."""
    check_length(name, array.shape[0], size)
    owners.append(array)
    return &array[0]


cdef add_layer(list owners, Layer *layers, Py_ssize_t at, weights, int activation):
    """Make a layer of an array of weights."""
    cdef Layer *layer = &layers[at]
    layer.fan_in, layer.fan_out = weights.shape
    if layer.fan_in == 0 or layer.fan_out == 0:
        raise ValueError(f"weights[{at}]: got an empty matrix")
    if at > 0:
        check_length("rows", layer.fan_in, layers[at - 1].fan_out)
    check_range(f"activations[{at}]", 0, activation, len(ACTIVATIONS) - 1)
    layer.width = registers_for(layer.fan_out) * LANES
    layer.activation = activation
    layer.weights.size = layer.fan_in * layer.fan_out
    layer.weights.values = reals_of(owners, weights, layer.weights.size)


cdef add_biases(list owners, Layer *layer, biases):
    """Give a layer its biases."""
    layer.biases.size = layer.fan_out
    layer.biases.values = reals_of(owners, biases, layer.fan_out)


cdef add_slot(list owners, Parameters *parameters, Py_ssize_t number, array):
    """Give weights or biases what the optimizer keeps for them: its first array, or its second."""
    if number == 0:
        parameters.slot1 = reals_of(owners, array, parameters.size)
    else:
        parameters.slot2 = reals_of(owners, array, parameters.size)


cdef add_rows_of(list owners, Layer *layer, Py_ssize_t rows):
    """Give a layer its own numbers: a row for each example that is worked on at once."""
    cdef Py_ssize_t size = rows * layer.width
    layer.signals = reals(owners, 5 * size)
    layer.outputs = layer.signals + size
    layer.errors = layer.signals + 2 * size
    layer.deltas = layer.signals + 3 * size
    layer.steps = layer.signals + 4 * size


cdef add_masks(list owners, Layer *layer, Py_ssize_t rows):
    """Give a layer its masks, and room for what they leave of its outputs."""
    cdef Py_ssize_t size = rows * layer.width
    layer.masks = reals(owners, 2 * size)
    layer.kept = layer.masks + size


cdef Layer *answering_layers(
    list owners, const Layer *layers, Py_ssize_t depth, Py_ssize_t threads
) except NULL:
    """Return the same layers once more, whose signals and outputs fill all of their rows."""
    cdef Layer *answering = <Layer *> room(owners, depth * sizeof(Layer))
    cdef Py_ssize_t at
    memcpy(answering, layers, depth * sizeof(Layer))
    for at in range(depth):
        answering[at].outputs = answering[at].signals + ANSWERS * threads * answering[at].width
    return answering


cdef add_members(list owners, Member *members, Py_ssize_t threads, Call *call):
    """Give every thread the network of the first, and room of its own."""
    cdef Network *net = &members.net
    cdef Py_ssize_t at, me, largest = 1, some_sums = SOME_SUMS // sizeof(real)
    for at in range(1, net.depth):
        largest = max(largest, net.layers[at - 1].width * net.layers[at].fan_out)
    for at in range(net.depth):
        some_sums = max(some_sums, ROWS * net.layers[at].fan_out)
    net.losses = <double *> room(owners, BLOCK * threads * sizeof(double))
    net.gathered = reals(owners, BLOCK * threads * net.layers[0].fan_in)
    net.overlaps = reals(owners, EXAMPLES * EXAMPLES)
    for me in range(threads):
        members[me].net, members[me].call = net[0], call
        members[me].net.me = me
        members[me].net.transposed = reals(owners, largest)
        members[me].net.some_sums = reals(owners, some_sums)


cdef add_sums(list owners, Network *net):
    """Give every parameter a place for a batch's sums, unless it has one."""
    cdef Py_ssize_t at, size = 0
    cdef real *rest
    cdef Layer *layer
    if net.layers.weights.sums != NULL:
        return
    for at in range(net.depth):
        size += net.layers[at].weights.size + net.layers[at].biases.size
    rest = reals(owners, size)
    for at in range(net.depth):
        layer = &net.layers[at]
        layer.weights.sums, layer.biases.sums = rest, rest + layer.weights.size
        rest += layer.weights.size + layer.biases.size


cdef copy_sums(const Parameters *parameters, array):
    """Copy a batch's sums to an array, for each of the parameters."""
    cdef real[::1] flat = array.reshape(-1)
    check_length("size", flat.shape[0], parameters.size)
    memcpy(&flat[0], parameters.sums, parameters.size * sizeof(real))


cdef use_online(list owners, Network *net, bint in_a_team):
    """Give a thread what it needs for one update per example, unless it has that."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef OnlinePart *part
    cdef OnlinePart *parts
    if net.online != NULL:
        return
    parts = <OnlinePart *> room(owners, (net.depth + 1) * sizeof(OnlinePart))
    for at in range(net.depth + 1):
        layer, part = &net.layers[at if at < net.depth else 0], &parts[at]
        if layer.biases.values != NULL:
            part.own_biases = reals(owners, layer.width)
        # In blocks, the first layer's weights are those of the last part.
        if (is_better_copied(layer) or in_a_team) and at != (0 if is_blocked(net) else net.depth):
            part.own_weights = reals(owners, layer.fan_in * layer.width)
        if 0 < at < net.depth:
            part.transposed = reals(owners, net.layers[at - 1].width * layer.fan_out)
    # Last: after a MemoryError the thread has nothing, and not one half.
    net.online = parts
