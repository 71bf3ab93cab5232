# The article over many examples, as in nnref/engine.py: a query, an epoch, an evaluation, and one
# update whose numbers are kept.

from libc.math cimport INFINITY
from libc.string cimport memcpy

from numpy import empty

# How many visits to a weight make it worth while to start another thread, and to wait for the other
# threads where a batch ends.
cdef enum:
    VISITS_PER_THREAD = 1000000
    VISITS_PER_BARRIER = 100000


cdef class Kernel:
    """The loops over one network.

    All arrays except powers are of this build's type, C-contiguous and used in place.

    Parameters
    ----------
    weights : list of (fan_in, fan_out) arrays
        First layer first.
    biases : list of (fan_out,) arrays
        One per layer, or an empty list.
    slots : list of pairs of such lists
        What the optimizer keeps for every weight and bias: velocities, or first and second moments.
    powers : (2,) array, or None
        Adam's beta1**t and beta2**t.
    activations : list of int
        One per layer, each a place in ACTIVATIONS.
    settings : dict of numbers
        Those of the struct of this name, loss and optimizer as places in LOSSES and OPTIMIZERS.
        The kernel trusts the dropout rates to be from 0 to below 1.
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
    cdef real *example      # (inodes + onodes,): what query and train work on
    cdef object answer      # the array of the next
    cdef real *outputs      # (onodes,): what query returns a copy of
    cdef SeenRange inputs_seen
    cdef bint busy
    cdef list owners

    def __cinit__(
        self, list weights, list biases, list slots, powers, list activations, dict settings,
        Py_ssize_t threads=1,
    ):
        cdef Py_ssize_t at, depth = len(weights)
        cdef Network *net
        check_positive("threads", threads)
        self.owners = []
        self.threads, self.team.size = threads, 1
        self.add_layers(weights, biases, slots, activations)
        self.inodes = self.layers[0].fan_in
        self.onodes = self.layers[depth - 1].fan_out
        self.example = reals(self.owners, self.inodes + self.onodes)
        self.answer = empty(self.onodes, REAL_FORMAT.decode())
        self.outputs = reals_of(self.owners, self.answer, self.onodes)
        self.inputs_seen = SeenRange(0, INFINITY, -INFINITY, -INFINITY, INFINITY)
        self.members = <Member *> room(self.owners, threads * sizeof(Member))
        net = &self.members.net
        net.depth, net.layers, net.team, net.settings = depth, self.layers, &self.team, settings
        net.answering = answering_layers(self.owners, self.layers, depth, threads)
        for at in range(depth):
            net.size += self.layers[at].weights.size
        if net.settings.dropout > 0.0:
            for at in range(depth - 1):
                add_masks(self.owners, &self.layers[at], BLOCK * threads)
        check_range("loss", 0, net.settings.loss, len(LOSSES) - 1)
        check_range("optimizer", 0, net.settings.optimizer, len(OPTIMIZERS) - 1)
        check_length("slots", len(slots), slots_of(net.settings.optimizer))
        if powers is not None:
            net.powers = doubles_of(self.owners, "powers", powers, 2)
        elif net.settings.optimizer == ADAM:
            raise ValueError("powers: got None, wants 2 numbers")
        add_members(self.owners, self.members, threads, &self.call)

    cdef add_layers(self, list weights, list biases, list slots, list activations):
        """Make the layers of the arrays, and room for a block of examples for each thread."""
        cdef Py_ssize_t at, depth = len(weights)
        cdef Layer *layer
        check_positive("weights", depth)
        check_length("activations", len(activations), depth)
        check_length("biases", len(biases), depth if biases else 0)
        for slot_weights, slot_biases in slots:
            check_length("weights of a slot", len(slot_weights), depth)
            check_length("biases of a slot", len(slot_biases), len(biases))
        self.layers = <Layer *> room(self.owners, depth * sizeof(Layer))
        for at in range(depth):
            layer = &self.layers[at]
            add_layer(self.owners, self.layers, at, weights[at], activations[at])
            add_rows_of(self.owners, layer, BLOCK * self.threads)
            if biases:
                add_biases(self.owners, layer, biases[at])
            for number, (slot_weights, slot_biases) in enumerate(slots):
                add_slot(self.owners, &layer.weights, number, slot_weights[at])
                if biases:
                    add_slot(self.owners, &layer.biases, number, slot_biases[at])

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

    def query(self, inputs):
        """Return the outputs for one example, (inodes,), and whether it is like those trained on.

        It returns None and True for inputs that `copied` does not take.
        """
        cdef Network *net = &self.members.net
        cdef bint like
        self.check_idle()
        if not copied(inputs, self.example, self.inodes):
            return None, True
        with nogil:
            like = is_like(&self.inputs_seen, self.example, self.inodes)
            forward(net, self.example, 0, 1)
            memcpy(self.outputs, last_layer(net).outputs, self.onodes * sizeof(real))
        # To copy an array takes less time than to find out where a new one has its numbers.
        return self.answer.copy(), like

    @property
    def seen(self):
        """The range of the inputs seen in training: the five numbers of the struct SeenRange."""
        cdef SeenRange *seen = &self.inputs_seen
        return int(seen.examples), seen.low, seen.high, seen.highest_low, seen.lowest_high

    @seen.setter
    def seen(self, numbers):
        examples, low, high, highest_low, lowest_high = numbers
        self.inputs_seen = SeenRange(examples, low, high, highest_low, lowest_high)

    @property
    def updates(self):
        """How many updates the network has had, counted only with dropout, which draws by it."""
        return self.call.updates

    @updates.setter
    def updates(self, uint64_t updates):
        self.call.updates = updates

    def first_unlike(self, const real[:, ::1] inputs, Py_ssize_t step):
        """Return the place of the first example that is not like those trained on, or -1.

        It looks at every step-th example.
        """
        cdef Py_ssize_t row = 0
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_positive("step", step)
        with nogil:
            while row < inputs.shape[0] and is_like(
                &self.inputs_seen, &inputs[row, 0], self.inodes
            ):
                row += step
        return row if row < inputs.shape[0] else -1

    def see(self, const real[:, ::1] inputs):
        """Widen the range by examples that are about to train the network."""
        cdef Py_ssize_t row
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        with nogil:
            for row in range(inputs.shape[0]):
                widened(&self.inputs_seen, &inputs[row, 0], self.inodes)

    def predict(
        self, const real[:, ::1] inputs, real[:, ::1] outputs, Py_ssize_t start, Py_ssize_t stop
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        self.check_idle()
        self.check_examples(inputs, outputs, start, stop)
        if start < stop:
            self.ask(PREDICT, inputs, NULL, None, start, stop)
            self.call.outputs = &outputs[0, 0]
            self.run(self.threads_for(stop - start, (stop - start) // ROWS))

    cdef long threads_for(self, Py_ssize_t examples, Py_ssize_t most):
        """Return how many threads, up to a number, are worth their start for this many examples."""
        cdef Py_ssize_t visits = examples * self.members.net.size
        return max(1, min(self.threads, most, visits // VISITS_PER_THREAD))

    cdef long threads_for_batches(self, Py_ssize_t examples, Py_ssize_t batch_size):
        """Return how many threads are worth their start, and their waiting in each batch."""
        cdef Py_ssize_t visits = batch_size * self.members.net.size
        return self.threads_for(examples, min(batch_size // ROWS, visits // VISITS_PER_BARRIER))

    cdef ask(
        self, int kind, const real[:, ::1] inputs, const real *targets,
        const real[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop,
    ):
        """Write into the call what is to be done with which of the examples, one or more."""
        cdef const real *weights = NULL
        if sample_weight is not None:
            check_length("sample_weight", sample_weight.shape[0], inputs.shape[0])
            weights = &sample_weight[0]
        self.call.examples = Examples(
            &inputs[0, 0], targets, weights, NULL, self.inodes, self.onodes
        )
        self.call.kind, self.call.start, self.call.stop = kind, start, stop

    def train(self, inputs, targets, double lr):
        """Make one update from one example, (inodes,) and (onodes,).

        Returns False, and makes none, for what `copied` does not take, for a number that is not
        finite, and for targets that the loss does not take.
        """
        cdef Network *net = &self.members.net
        cdef Examples examples
        cdef bint usable
        cdef double low = -LARGEST if net.settings.loss == SQUARED_ERROR else 0.0
        cdef double high = 1.0 if net.settings.loss == CROSS_ENTROPY else LARGEST
        cdef double loss = 0.0
        self.check_idle()
        # Copied, since the caller's array may be a row of the weights.
        if not copied(inputs, self.example, self.inodes) or not copied(
            targets, self.example + self.inodes, self.onodes
        ):
            return False
        examples = Examples(
            self.example, self.example + self.inodes, NULL, NULL, self.inodes, self.onodes
        )
        with nogil:
            usable = within(examples.inputs, self.inodes, -LARGEST, LARGEST) & within(
                examples.targets, self.onodes, low, high
            )
            if usable:
                widened(&self.inputs_seen, examples.inputs, self.inodes)
                fit_batch(net, &examples, 0, 1, lr, self.call.updates, &loss)
                self.call.updates += drops(&net.settings)
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

    def last_dropout(self, Py_ssize_t at, real[:, ::1] numbers):
        """Write the mask of a layer's inputs in the last call of `train`, and what it has left.

        Each goes to one of two rows of numbers, (2, fan_in).
        """
        cdef const Network *net = &self.members.net
        cdef const Settings *settings = &net.settings
        cdef Dropout dropout = Dropout(True, <uint32_t> (self.call.updates - 1), 0)
        cdef double rate
        check_range("at", 0, at, net.depth - 1)
        check_length("rows of numbers", numbers.shape[0], 2)
        check_length("columns of numbers", numbers.shape[1], self.layers[at].fan_in)
        rate = settings.dropout if at > 0 else settings.input_dropout
        if rate == 0.0:
            raise ValueError(f"at: got {at}, a layer whose inputs are not dropped")
        find_mask(rate, settings.seed, &dropout, 0, at, 0, numbers.shape[1], &numbers[0, 0])
        memcpy(
            &numbers[1, 0], self.layers[at - 1].kept if at > 0 else net.gathered,
            numbers.shape[1] * sizeof(real),
        )

    def training_loss(self, const real[::1] inputs, const real[::1] targets):
        """Return the loss of one example that the next update would lower."""
        cdef Network *net = &self.members.net
        cdef Examples examples
        cdef Dropout dropout = Dropout(drops(&net.settings), <uint32_t> self.call.updates, 0)
        cdef double loss
        self.check_idle()
        check_length("inputs", inputs.shape[0], self.inodes)
        check_length("targets", targets.shape[0], self.onodes)
        examples = Examples(&inputs[0], &targets[0], NULL, NULL, self.inodes, self.onodes)
        with nogil:
            forward_block(net, block_inputs(net, &examples, 0, 1, &dropout), 1, &dropout)
            output_errors(net, examples.targets, 0)
            loss = loss_of(net, examples.targets, 0)
        return loss

    def fit(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, const real[::1] sample_weight,
        const int64_t[::1] order, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t batch_size,
        double lr, double loss,
    ):
        """Make one update for each batch of the examples start to stop - 1 of the order.

        The order is None for the examples as they stand, and so are sample weights that are all 1.
        Returns the sum of the losses times the sample weights, added one by one to the loss that is
        passed.
        """
        cdef Network *net = &self.members.net
        cdef bint online = (
            batch_size == 1 and net.settings.optimizer == SGD and net.settings.decay == 0.0
            and not drops(&net.settings)
        )
        cdef bint gains
        cdef Py_ssize_t place
        cdef long threads, me
        self.check_idle()
        self.check_examples(inputs, targets, start, stop)
        check_range("batch_size", 1, batch_size, inputs.shape[0])
        if start == stop:
            return loss
        self.ask(
            FIT_ONLINE if online else FIT_BATCHES, inputs, &targets[0, 0], sample_weight, start,
            stop,
        )
        if order is not None:
            check_length("order", order.shape[0], inputs.shape[0])
            with nogil:
                place = first_outside(&order[0], start, stop, inputs.shape[0])
            if place >= 0:
                check_range("order", 0, order[place], inputs.shape[0] - 1)
            self.call.examples.order = &order[0]
        self.call.batch_size, self.call.lr, self.call.loss = batch_size, lr, loss
        if online:
            gains = gains_blocked(net) if is_blocked(net) else gains_online(net)
            threads = self.threads_for(stop - start, self.threads if gains else 1)
            for me in range(threads):
                use_online(self.owners, &self.members[me].net, self.threads > 1)
        else:
            threads = self.threads_for_batches(stop - start, batch_size)
            if batch_size > BLOCK:
                add_sums(self.owners, net)
        self.run(threads)
        return self.call.loss

    def gradient(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, const real[::1] sample_weight,
        double rate, list weights, list biases,
    ):
        """Write what all examples add to each weight and bias at a rate, by the chain rule.

        Returns the sum of the losses times the sample weights, added one by one to 0.0.
        """
        cdef Network *net = &self.members.net
        cdef Py_ssize_t at, count = inputs.shape[0]
        cdef bint rule = net.settings.gradient
        self.check_idle()
        self.check_examples(inputs, targets, 0, count)
        check_positive("rows of inputs", count)
        check_length("weights", len(weights), net.depth)
        check_length("biases", len(biases), net.depth if net.layers.biases.values != NULL else 0)
        self.ask(FIND_GRADIENT, inputs, &targets[0, 0], sample_weight, 0, count)
        self.call.lr, self.call.loss = rate, 0.0
        add_sums(self.owners, net)
        self.use_chain_rule(True)
        try:
            self.run(self.threads_for_batches(count, count))
        finally:
            self.use_chain_rule(rule)
        for at in range(net.depth):
            copy_sums(&self.layers[at].weights, weights[at])
            if biases:
                copy_sums(&self.layers[at].biases, biases[at])
        return self.call.loss

    cdef use_chain_rule(self, bint gradient):
        """Let all threads find the hidden errors by the chain rule, or else as in the article."""
        cdef Py_ssize_t me
        for me in range(self.threads):
            self.members[me].net.settings.gradient = gradient

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
        self.ask(EVALUATE, inputs, &targets[0, 0], None, start, stop)
        self.call.outputs, self.call.loss = &outputs[0, 0], loss
        self.run(self.threads_for(stop - start, (stop - start) // ROWS))
        return self.call.loss

    def score(self, const real[:, ::1] outputs, const real[:, ::1] targets):
        """Return the score of outputs against targets, (n, onodes) both; 1.0 is the best."""
        cdef Py_ssize_t rows = targets.shape[0]
        cdef double result
        check_length("rows of outputs", outputs.shape[0], rows)
        check_length("columns of outputs", outputs.shape[1], self.onodes)
        check_length("columns of targets", targets.shape[1], self.onodes)
        if rows == 0:
            raise ValueError("rows of targets: got 0, wants at least 1")
        with nogil:
            result = score(
                last_layer(&self.members.net).activation, &outputs[0, 0], &targets[0, 0], rows,
                self.onodes,
            )
        return result

    def backquery(self, const real[::1] targets, real[::1] inputs):
        """Write the inputs that the network has in mind for the targets to inputs."""
        self.check_idle()
        check_length("targets", targets.shape[0], self.onodes)
        check_length("inputs", inputs.shape[0], self.inodes)
        with nogil:
            backquery(&self.members.net, &targets[0], &inputs[0])

    cdef check_examples(
        self, const real[:, ::1] inputs, const real[:, ::1] others,
        Py_ssize_t start, Py_ssize_t stop,
    ):
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_length("columns of the outputs or targets", others.shape[1], self.onodes)
        check_length("rows of the outputs or targets", others.shape[0], inputs.shape[0])
        check_range("start", 0, start, stop)
        check_range("stop", start, stop, inputs.shape[0])
