# The loops over one network, as one object.

from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef class Kernel:
    """The loops over one network.

    All arrays but powers are of this build's type, C-contiguous and used in place.

    Parameters
    ----------
    weights : list of (fan_in, fan_out) arrays
        First layer first.
    biases : list of (fan_out,) arrays
        One a layer, or none at all.
    slots : list of such pairs of lists
        What the optimizer keeps for every weight and bias: velocities, or first and second moments.
    powers : (2,) array, or None
        Adam's beta1**t and beta2**t.
    activations : list of int
        One a layer, each a place in ACTIVATIONS.
    settings : dict of numbers
        Those of the struct of this name, the optimizer as a place in OPTIMIZERS.
    seen : (5,) float64 array
        The numbers of the struct of this name; `train` and `see` widen it, `query` looks at it.
    threads : int
        How many threads may work on a call, where they gain something.
    """

    cdef Team team
    cdef Member *members    # (threads,)
    cdef Layer *layers      # (depth,)
    cdef Call call
    cdef Py_ssize_t threads
    cdef Py_ssize_t inodes
    cdef Py_ssize_t onodes
    cdef real *example      # (inodes + onodes,): what train learns from
    cdef real *sums
    cdef SeenRange *seen
    cdef bint backwards
    cdef bint busy
    cdef list owners

    def __cinit__(
        self, list weights, list biases, list slots, powers, list activations, dict settings,
        double[::1] seen, Py_ssize_t threads=1,
    ):
        cdef Py_ssize_t at, depth = len(weights)
        self.owners = []
        self.threads, self.team.size = threads, 1
        if depth == 0 or len(activations) != depth:
            raise ValueError("weights and activations: want one a layer, at least 1")
        self.members = <Member *> calloc(threads, sizeof(Member))
        self.layers = <Layer *> calloc(depth, sizeof(Layer))
        if self.members == NULL or self.layers == NULL:
            raise MemoryError
        for at in range(depth):
            self.add_layer(at, weights[at], activations[at])
            if biases:
                self.add_biases(at, biases[at])
            for number, (slot_weights, slot_biases) in enumerate(slots):
                self.add_slot(at, number, slot_weights[at], slot_biases[at] if biases else None)
        self.seen = <SeenRange *> self.numbers("seen", seen, 5)
        self.inodes = self.layers[0].fan_in
        self.onodes = self.layers[depth - 1].fan_out
        self.divide_workspace(depth)
        self.add_members(
            depth, settings, NULL if powers is None else self.numbers("powers", powers, 2)
        )

    def __dealloc__(self):
        free(self.layers)
        free(self.members)

    cdef real *pointer(self, array, Py_ssize_t size) except NULL:
        """Return where an array's numbers are, and keep them there while this object lives."""
        cdef real[::1] flat
        # NumPy resizes no array that has a view.
        self.owners.append(memoryview(array))
        flat = array.reshape(-1)
        check_length("size", flat.shape[0], size)
        return &flat[0]

    cdef double *numbers(self, str name, double[::1] array, Py_ssize_t size) except NULL:
        check_length(name, array.shape[0], size)
        self.owners.append(array)
        return &array[0]

    cdef real *room(self, Py_ssize_t count) except NULL:
        """Return a place for so many numbers, all 0, that lives as long as this object."""
        cdef bytearray place = bytearray(count * sizeof(real) + CACHE_LINE)
        cdef uintptr_t start = <uintptr_t> PyByteArray_AS_STRING(place)
        self.owners.append(place)
        return <real *> (start + (CACHE_LINE - start % CACHE_LINE) % CACHE_LINE)

    cdef add_layer(self, Py_ssize_t at, weights, int activation):
        cdef Layer *layer = &self.layers[at]
        layer.fan_in, layer.fan_out = weights.shape
        if layer.fan_in == 0 or layer.fan_out == 0:
            raise ValueError(f"weights[{at}]: got an empty matrix")
        if at > 0:
            check_length("rows", layer.fan_in, self.layers[at - 1].fan_out)
        layer.width = columns_of(layer.fan_out) * LANES
        layer.activation = activation
        layer.weights.size = layer.fan_in * layer.fan_out
        layer.weights.values = self.pointer(weights, layer.weights.size)

    cdef add_biases(self, Py_ssize_t at, biases):
        cdef Layer *layer = &self.layers[at]
        layer.biases.size = layer.fan_out
        layer.biases.values = self.pointer(biases, layer.fan_out)

    cdef add_slot(self, Py_ssize_t at, Py_ssize_t number, weights, biases):
        cdef Layer *layer = &self.layers[at]
        if number == 0:
            layer.weights.slot1 = self.pointer(weights, layer.weights.size)
        else:
            layer.weights.slot2 = self.pointer(weights, layer.weights.size)
        if biases is None:
            return
        if number == 0:
            layer.biases.slot1 = self.pointer(biases, layer.biases.size)
        else:
            layer.biases.slot2 = self.pointer(biases, layer.biases.size)

    cdef divide_workspace(self, Py_ssize_t depth):
        """Give every layer its rows: a block of examples for each thread."""
        cdef Py_ssize_t at, size, rows = BLOCK * self.threads
        cdef Layer *layer
        self.example = self.room(self.inodes + self.onodes)
        for at in range(depth):
            layer = &self.layers[at]
            size = rows * layer.width
            layer.signals = self.room(5 * size)
            layer.outputs = layer.signals + size
            layer.errors = layer.signals + 2 * size
            layer.deltas = layer.signals + 3 * size
            layer.steps = layer.signals + 4 * size

    cdef add_members(self, Py_ssize_t depth, dict settings, double *powers):
        """Give every thread the network, and room of its own."""
        cdef Py_ssize_t at, me, largest = 1
        cdef Network *net
        for at in range(1, depth):
            largest = max(largest, self.layers[at - 1].width * self.layers[at].fan_out)
        losses = bytearray(BLOCK * self.threads * sizeof(double))
        self.owners.append(losses)
        gathered = self.room(BLOCK * self.threads * self.inodes)
        for me in range(self.threads):
            net = &self.members[me].net
            net.depth, net.layers, net.settings, net.powers = depth, self.layers, settings, powers
            for at in range(depth):
                net.size += self.layers[at].weights.size
            net.team, net.me = &self.team, me
            net.gathered = gathered
            net.losses = <double *> PyByteArray_AS_STRING(losses)
            net.transposed = self.room(largest)
            self.members[me].call = &self.call

    cdef use_sums(self, bint needed):
        """Give every parameter a place for a batch's sums, or take it away."""
        cdef Py_ssize_t at, depth = self.members.net.depth, size = 0
        cdef real *rest
        cdef Layer *layer
        for at in range(depth):
            size += self.layers[at].weights.size + self.layers[at].biases.size
        if needed and self.sums == NULL:
            self.sums = self.room(size)
        rest = self.sums
        for at in range(depth):
            layer = &self.layers[at]
            layer.weights.sums = rest if needed else NULL
            layer.biases.sums = rest + layer.weights.size if needed else NULL
            if needed:
                rest += layer.weights.size + layer.biases.size

    cdef use_online(self, long threads):
        """Give every thread of a team what it needs for one update per example."""
        cdef Py_ssize_t at, me, depth = self.members.net.depth
        cdef Layer *layer
        cdef OnlinePart *part
        cdef OnlinePart *parts
        for me in range(threads):
            if self.members[me].net.online != NULL:
                continue
            room = bytearray(depth * sizeof(OnlinePart))
            self.owners.append(room)
            parts = <OnlinePart *> PyByteArray_AS_STRING(room)
            for at in range(depth):
                layer, part = &self.layers[at], &parts[at]
                if layer.biases.values != NULL:
                    part.own_biases = self.room(layer.width)
                if is_better_copied(layer) or self.threads > 1:
                    part.own_weights = self.room(layer.fan_in * layer.width)
                if at > 0:
                    part.transposed = self.room(self.layers[at - 1].width * layer.fan_out)
            # Last: after a MemoryError there is none, and not half of one.
            self.members[me].net.online = parts

    cdef check_idle(self):
        """Raise RuntimeError if a call is in the middle of its work.

        Threads wait for each other outside; but a large batch lets signal handlers run.
        """
        if self.busy:
            raise RuntimeError("a signal handler cannot use a network that is at work")

    cdef run(self, long threads):
        """Do what the call asks for, with as many threads as that or as can be had."""
        cdef long size = start_team(
            &self.team, threads, work_beside, <char *> self.members, sizeof(Member)
        )
        self.busy = True
        with nogil:
            begin(&self.team, size)
            try:
                work_on(self.members)
            finally:
                wait_for_end(&self.team)
                self.team.size, self.team.stopped, self.busy = 1, False, False

    def query(self, inputs, real[::1] outputs):
        """Write the outputs for one example, (inodes,), to outputs, (onodes,).

        Returns whether the example is like those trained on; or None, and writes nothing, for
        inputs that `copied` does not take.
        """
        cdef Network *net = &self.members.net
        cdef bint like
        self.check_idle()
        check_length("outputs", outputs.shape[0], self.onodes)
        if not copied(inputs, self.example, self.inodes):
            return None
        with nogil:
            like = is_like(self.seen, self.example, self.inodes)
            forward(net, self.example, 0, 1, self.backwards)
            # From where the last answer has ended, whose weights a small cache still has.
            self.backwards = not self.backwards
            memcpy(&outputs[0], last_layer(net).outputs, self.onodes * sizeof(real))
        return like

    def first_unlike(self, const real[:, ::1] inputs, Py_ssize_t step):
        """Return the place of the first example that is not like those trained on, or -1.

        Of every step examples one is looked at.
        """
        cdef Py_ssize_t row
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        for row in range(0, inputs.shape[0], step):
            if not is_like(self.seen, &inputs[row, 0], self.inodes):
                return row
        return -1

    def see(self, const real[:, ::1] inputs):
        """Widen the range by examples that are about to train the network."""
        cdef Py_ssize_t row
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        with nogil:
            for row in range(inputs.shape[0]):
                widen(self.seen, &inputs[row, 0], self.inodes)

    def predict(
        self, const real[:, ::1] inputs, real[:, ::1] outputs, Py_ssize_t start, Py_ssize_t stop
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        self.check_idle()
        self.check_examples(inputs, outputs, start, stop)
        if start < stop:
            self.call.kind = PREDICT
            self.call.examples = Examples(&inputs[0, 0], NULL, NULL, self.inodes, self.onodes)
            self.call.outputs, self.call.start, self.call.stop = &outputs[0, 0], start, stop
            self.run(self.threads_for(stop - start, (stop - start) // ROWS))

    cdef long threads_for(self, Py_ssize_t examples, Py_ssize_t most):
        """How many threads are worth their start, up to a number, for a call with so many."""
        cdef Py_ssize_t visits = examples * self.members.net.size
        return max(1, min(self.threads, most, visits // VISITS_A_START))

    def train(self, inputs, targets, double lr, double low, double high):
        """Make one update from one example, (inodes,) and (onodes,).

        Returns False, and makes none, for what `copied` does not take and for a number that should
        not be: an input that is not finite, or a target that is not from low to high.
        """
        cdef Network *net = &self.members.net
        cdef Examples examples
        cdef bint usable
        cdef double loss = 0.0
        self.check_idle()
        # Copied, since the caller's array may be a row of the weights.
        if not copied(inputs, self.example, self.inodes) or not copied(
            targets, self.example + self.inodes, self.onodes
        ):
            return False
        examples = Examples(
            self.example, self.example + self.inodes, NULL, self.inodes, self.onodes
        )
        self.use_sums(net.settings.optimizer != SGD)
        with nogil:
            usable = within(examples.inputs, self.inodes, -LARGEST, LARGEST) & within(
                examples.targets, self.onodes, low, high
            )
            if usable:
                widen(self.seen, examples.inputs, self.inodes)
                fit_batch(net, &examples, 0, 1, lr, &loss)
        return usable

    def last_update(self, Py_ssize_t at, real[:, ::1] numbers):
        """Write what the last call of `train` computed in a layer to the rows of numbers.

        They are its signals, outputs, errors, deltas and steps, (5, fan_out).
        """
        cdef Py_ssize_t size
        cdef const Layer *layer
        check_range("at", 0, at, self.members.net.depth - 1)
        layer = &self.layers[at]
        check_length("rows of numbers", numbers.shape[0], 5)
        check_length("columns of numbers", numbers.shape[1], layer.fan_out)
        size = layer.fan_out * sizeof(real)
        memcpy(&numbers[0, 0], layer.signals, size)
        memcpy(&numbers[1, 0], layer.outputs, size)
        memcpy(&numbers[2, 0], layer.errors, size)
        memcpy(&numbers[3, 0], layer.deltas, size)
        memcpy(&numbers[4, 0], layer.steps, size)

    def fit(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, const int64_t[::1] order,
        Py_ssize_t start, Py_ssize_t stop, Py_ssize_t batch_size, double lr, double loss,
    ):
        """Make one update for each batch of the examples start to stop - 1 of the order.

        The order is None for the examples as they stand. Returns the sum of their losses, added one
        by one to the loss that is passed.
        """
        cdef const Settings *settings = &self.members.net.settings
        cdef Py_ssize_t first
        cdef long threads
        self.check_idle()
        self.check_examples(inputs, targets, start, stop)
        check_range("batch_size", 1, batch_size, inputs.shape[0])
        if start == stop:
            return loss
        self.call.examples = Examples(
            &inputs[0, 0], &targets[0, 0], NULL, self.inodes, self.onodes
        )
        if order is not None:
            check_length("order", order.shape[0], inputs.shape[0])
            for first in range(start, stop):
                check_range("order", 0, order[first], inputs.shape[0] - 1)
            self.call.examples.order = &order[0]
        self.call.start, self.call.stop, self.call.batch_size = start, stop, batch_size
        self.call.lr, self.call.loss = lr, loss
        if batch_size == 1 and settings.optimizer == SGD and settings.decay == 0.0:
            threads = self.threads_for(
                stop - start, self.threads if gains_online(&self.members.net) else 1
            )
            self.call.kind = FIT_ONLINE
            self.use_online(threads)
        else:
            threads = self.threads_for(
                stop - start,
                min(batch_size // ROWS, batch_size * self.members.net.size // VISITS_A_MEETING),
            )
            self.call.kind = FIT_BATCHES
            self.use_sums(settings.optimizer != SGD or batch_size > BLOCK)
        self.run(threads)
        return self.call.loss

    def evaluate(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, real[:, ::1] outputs,
        Py_ssize_t start, Py_ssize_t stop, double loss,
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs.

        Returns the sum of their losses, added one by one to the loss that is passed.
        """
        self.check_idle()
        self.check_examples(inputs, targets, start, stop)
        self.check_examples(inputs, outputs, start, stop)
        if start == stop:
            return loss
        self.call.kind = EVALUATE
        self.call.examples = Examples(
            &inputs[0, 0], &targets[0, 0], NULL, self.inodes, self.onodes
        )
        self.call.outputs, self.call.start, self.call.stop = &outputs[0, 0], start, stop
        self.call.loss = loss
        self.run(self.threads_for(stop - start, (stop - start) // ROWS))
        return self.call.loss

    def backquery(self, const real[::1] targets, real[::1] inputs):
        """Write the inputs that the network has in mind for the targets to inputs."""
        cdef Py_ssize_t at, j
        cdef Layer *layer
        cdef const real *outputs = &targets[0]
        cdef real *before
        self.check_idle()
        check_length("targets", targets.shape[0], self.onodes)
        check_length("inputs", inputs.shape[0], self.inodes)
        with nogil:
            for at in range(self.members.net.depth - 1, -1, -1):
                layer = &self.members.net.layers[at]
                before = &inputs[0] if at == 0 else self.members.net.layers[at - 1].outputs
                signals_for(layer.activation, <real *> outputs, layer.signals, layer.fan_out)
                if layer.biases.values != NULL:
                    for j in range(layer.fan_out):
                        layer.signals[j] = layer.signals[j] - layer.biases.values[j]
                split(
                    layer.signals, layer.weights.values, before, layer.fan_in, layer.fan_out
                )
                rescale(before, layer.fan_in)
                outputs = before

    cdef check_examples(
        self, const real[:, ::1] inputs, const real[:, ::1] others,
        Py_ssize_t start, Py_ssize_t stop,
    ):
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_length("columns of the outputs or targets", others.shape[1], self.onodes)
        check_length("rows of the outputs or targets", others.shape[0], inputs.shape[0])
        check_range("start", 0, start, stop)
        check_range("stop", start, stop, inputs.shape[0])
