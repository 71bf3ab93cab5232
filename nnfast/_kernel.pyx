"""The loops over a network's numbers: query, train, fit, back query.

The contract: the results are those of ``nnref``, bit for bit. So every sum starts from 0.0 and
takes its terms in index order, with one multiplication and one addition a term, and every formula
keeps the oracle's operations in the oracle's order. What is free is which neurons are worked on at
once: the inner loops run over the neurons of a layer, whose weights for one input lie side by side,
and a compiler can put as many of them into a vector register as fit without touching the order of
any sum.

The kernel knows arrays of numbers and nothing else. It checks their shapes, since it follows
pointers, and holds the GIL in no loop. It draws nothing, prints nothing and knows no epochs.
"""

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from *:
    """
    #include <float.h>
    #if FLT_EVAL_METHOD != 0
    #error "nnfast needs a compiler that computes in float64 where the source says double"
    #endif
    #if defined(_MSC_VER)
    #pragma fp_contract (off)
    #endif
    #if defined(__FAST_MATH__)
    #error "nnfast must not be built with -ffast-math: its results are defined to the last bit"
    #endif
    /* Numbers that no other pointer in the same function leads to: without this promise a compiler
       must check for overlap before it may work on several numbers at once. */
    #if defined(_MSC_VER)
    typedef double *__restrict vector;
    #else
    typedef double *restrict vector;
    #endif
    #define LN2_HIGH 0x1.62e42feep-1
    #define LN2_LOW 0x1.a39ef35793c76p-33
    #define LOG2_E 0x1.71547652b82fep+0
    #define TO_WHOLE 0x1.8p+52
    #define SQRT_HALF 0x1.6a09e667f3bcdp-1
    #define SMALLEST_NORMAL 0x1p-1022
    #define TWO_TO_54 0x1p54
    #define MANTISSA_BITS ((int64_t) 0x000fffffffffffff)
    #define EXPONENT_OF_ONE_HALF ((int64_t) 0x3fe0000000000000)
    """
    ctypedef double *vector
    const double LN2_HIGH
    const double LN2_LOW
    const double LOG2_E
    const double TO_WHOLE
    const double SQRT_HALF
    const double SMALLEST_NORMAL
    const double TWO_TO_54
    const int64_t MANTISSA_BITS
    const int64_t EXPONENT_OF_ONE_HALF


# The functions of nnref/functions.py, operation by operation, without a branch or a call that would
# keep a compiler from working on several numbers at once.

cdef inline double two_to(double k) noexcept nogil:
    """Return 2**k for a whole k from -1022 to 1023: k + 1023, written where the exponent stands."""
    cdef double shifted = k + (TO_WHOLE + 1023.0)
    cdef int64_t bits
    cdef double result
    memcpy(&bits, &shifted, sizeof(double))
    bits = bits << 52
    memcpy(&result, &bits, sizeof(double))
    return result


cdef inline double exp_of(double x) noexcept nogil:
    cdef double k, high, low, r, r2, r4, tail, e_to_r, half
    x = -746.0 if x < -746.0 else x
    x = 710.0 if x > 710.0 else x
    k = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    r2 = r * r
    r4 = r2 * r2
    tail = ((1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0))) + r4 * (
        ((1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0)))
        + r4 * (
            (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
            + r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
        )
    )
    e_to_r = 1.0 + (high + (r2 * tail - low))
    half = (k * 0.5 + TO_WHOLE) - TO_WHOLE
    return e_to_r * two_to(half) * two_to(k - half)


cdef inline double log_of(double x) noexcept nogil:
    cdef int64_t bits
    cdef double k, m, f, s, z, z2, z4, tail, half_square
    if x < 0.0:
        return NAN
    if x == 0.0:
        return -INFINITY
    if x == INFINITY or x != x:
        return x
    k = 0.0
    if x < SMALLEST_NORMAL:
        x = x * TWO_TO_54
        k = -54.0
    memcpy(&bits, &x, sizeof(double))
    k = k + <double> ((bits >> 52) - 1022)
    bits = (bits & MANTISSA_BITS) | EXPONENT_OF_ONE_HALF
    memcpy(&m, &bits, sizeof(double))
    if m < SQRT_HALF:
        m = 2.0 * m
        k = k - 1.0
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    tail = z * (
        ((2.0 / 3.0 + z * (2.0 / 5.0)) + z2 * (2.0 / 7.0 + z * (2.0 / 9.0)))
        + z4
        * (
            ((2.0 / 11.0 + z * (2.0 / 13.0)) + z2 * (2.0 / 15.0 + z * (2.0 / 17.0)))
            + z4 * ((2.0 / 19.0 + z * (2.0 / 21.0)) + z2 * (2.0 / 23.0))
        )
    )
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + tail) + k * LN2_LOW)) - f)


cdef inline double sigmoid_of(double x) noexcept nogil:
    return 1.0 / (1.0 + exp_of(-x))


cdef inline double logit_of(double y) noexcept nogil:
    return log_of(y / (1.0 - y))


def exp(const double[::1] x, double[::1] out):
    """Write e**x to out, number by number: the exp that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = exp_of(x[i])


def log(const double[::1] x, double[::1] out):
    """Write log(x) to out, number by number: the log that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = log_of(x[i])


# The arithmetic of nnref/network.py, one function for each of its functions. Four rows of weights
# are taken in one pass over the neurons, so that the sums and steps travel to memory and back a
# quarter as often; the brackets keep every sum in index order all the same.

cdef void weighted_sums(
    vector inputs, vector weights, vector sums, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """sums[j] = sum over i of inputs[i] * weights[i][j]; NumPy: inputs @ weights."""
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3
    for j in range(fan_out):
        sums[j] = 0.0
    for i in range(0, whole, 4):
        row0 = weights + i * fan_out
        row1, row2, row3 = row0 + fan_out, row0 + 2 * fan_out, row0 + 3 * fan_out
        x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
        for j in range(fan_out):
            sums[j] = (
                ((sums[j] + x0 * row0[j]) + x1 * row1[j]) + x2 * row2[j]
            ) + x3 * row3[j]
    for i in range(whole, fan_in):
        row0, x0 = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            sums[j] = sums[j] + x0 * row0[j]


cdef void move(
    vector weights, vector inputs, vector steps, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """weights[i][j] += inputs[i] * steps[j]; NumPy: weights += np.outer(inputs, steps)."""
    cdef Py_ssize_t i, j
    cdef vector row
    cdef double x
    for i in range(fan_in):
        row, x = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            row[j] = row[j] + x * steps[j]


cdef void move_and_sum(
    vector weights, vector old_inputs, vector steps, vector inputs, vector sums,
    Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    """move(weights, old_inputs, steps), then weighted_sums(inputs, weights, sums), in one pass.

    Each weight is loaded once: moved, stored, and used for the sum at once. Loading and storing the
    weights is most of the work of an update.
    """
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3, old0, old1, old2, old3, w0, w1, w2, w3
    for j in range(fan_out):
        sums[j] = 0.0
    for i in range(0, whole, 4):
        row0 = weights + i * fan_out
        row1, row2, row3 = row0 + fan_out, row0 + 2 * fan_out, row0 + 3 * fan_out
        old0, old1 = old_inputs[i], old_inputs[i + 1]
        old2, old3 = old_inputs[i + 2], old_inputs[i + 3]
        x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
        for j in range(fan_out):
            w0 = row0[j] + old0 * steps[j]
            w1 = row1[j] + old1 * steps[j]
            w2 = row2[j] + old2 * steps[j]
            w3 = row3[j] + old3 * steps[j]
            row0[j], row1[j], row2[j], row3[j] = w0, w1, w2, w3
            sums[j] = (((sums[j] + x0 * w0) + x1 * w1) + x2 * w2) + x3 * w3
    for i in range(whole, fan_in):
        row0, x0, old0 = weights + i * fan_out, inputs[i], old_inputs[i]
        for j in range(fan_out):
            w0 = row0[j] + old0 * steps[j]
            row0[j] = w0
            sums[j] = sums[j] + x0 * w0


cdef void split(
    vector errors, vector weights, vector recombined, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """recombined[j] = sum over k of weights[j][k] * errors[k]; NumPy: weights @ errors."""
    cdef Py_ssize_t j, k
    cdef vector row
    cdef double total
    for j in range(fan_in):
        total = 0.0
        row = weights + j * fan_out
        for k in range(fan_out):
            total = total + row[k] * errors[k]
        recombined[j] = total


cdef double squared_error(const double *errors, Py_ssize_t width) noexcept nogil:
    """One half of the sum of the squared errors."""
    cdef Py_ssize_t k
    cdef double total = 0.0
    for k in range(width):
        total = total + errors[k] * errors[k]
    return 0.5 * total


cdef void rescale(double *values, Py_ssize_t width) noexcept nogil:
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


cdef Py_ssize_t answer(const double *outputs, Py_ssize_t width) noexcept nogil:
    """Where the largest output stands; for a single output, whether it is above one half."""
    cdef Py_ssize_t k, best = 0
    if width == 1:
        return outputs[0] > 0.5
    for k in range(width):
        if outputs[k] > outputs[best]:
            best = k
    return best


cdef bint finite(const double *values, Py_ssize_t count) noexcept nogil:
    # 0 times a finite number is 0; times an infinity or NaN it is NaN.
    cdef Py_ssize_t i
    cdef bint all_are = True
    for i in range(count):
        all_are = all_are & (values[i] * 0.0 == 0.0)
    return all_are


def all_finite(const double[:, ::1] values):
    """Return whether no number is infinite or NaN, making no second array as NumPy would."""
    if values.shape[0] == 0 or values.shape[1] == 0:
        return True
    cdef bint all_are
    with nogil:
        all_are = finite(&values[0, 0], values.shape[0] * values.shape[1])
    return all_are


cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    double *weights         # (fan_in, fan_out), row by row
    double *outputs         # (fan_out,): the signals into the neurons, then what they make of them
    double *old_outputs     # (fan_out,): the outputs of the example before
    double *errors          # (fan_out,)
    double *deltas          # (fan_out,): each error times its neuron's slope
    double *steps           # (fan_out,): lr * delta


cdef struct Network:
    Py_ssize_t depth
    Layer *layers
    double *workspace


cdef void activate(const Layer *layer) noexcept nogil:
    """Turn the signals into a layer into its outputs."""
    cdef Py_ssize_t j
    cdef vector outputs = layer.outputs
    for j in range(layer.fan_out):
        outputs[j] = sigmoid_of(outputs[j])


cdef const double *forward(Network net, const double *inputs) noexcept nogil:
    """Fill in the outputs of every layer; return those of the last."""
    cdef Py_ssize_t at
    cdef Layer *layer
    for at in range(net.depth):
        layer = &net.layers[at]
        weighted_sums(
            <double *> inputs, layer.weights, layer.outputs, layer.fan_in, layer.fan_out
        )
        activate(layer)
        inputs = layer.outputs
    return inputs


cdef void move_and_forward(
    Network net, const double *old_inputs, const double *inputs
) noexcept nogil:
    """move_all for the example before, then forward for this one, in one pass over the weights."""
    cdef Py_ssize_t at
    cdef Layer *layer
    for at in range(net.depth):
        layer = &net.layers[at]
        layer.outputs, layer.old_outputs = layer.old_outputs, layer.outputs
        move_and_sum(
            layer.weights, <double *> old_inputs, layer.steps, <double *> inputs, layer.outputs,
            layer.fan_in, layer.fan_out,
        )
        activate(layer)
        old_inputs, inputs = layer.old_outputs, layer.outputs


cdef double find_errors(Network net, const double *targets) noexcept nogil:
    """Fill in the errors of the last layer, targets - outputs; return the loss."""
    cdef Layer *last = &net.layers[net.depth - 1]
    cdef Py_ssize_t k
    for k in range(last.fan_out):
        last.errors[k] = targets[k] - last.outputs[k]
    return squared_error(last.errors, last.fan_out)


cdef double backward(Network net, const double *targets, double lr, bint gradient) noexcept nogil:
    """Fill in the errors, deltas and steps of every layer; return the loss. No weight moves yet."""
    cdef Py_ssize_t at, j
    cdef Layer *layer
    cdef double loss = find_errors(net, targets)
    for at in range(net.depth - 1, -1, -1):
        layer = &net.layers[at]
        for j in range(layer.fan_out):
            layer.deltas[j] = layer.errors[j] * (layer.outputs[j] * (1.0 - layer.outputs[j]))
            layer.steps[j] = lr * layer.deltas[j]
        if at > 0:
            split(
                layer.deltas if gradient else layer.errors, layer.weights,
                net.layers[at - 1].errors, layer.fan_in, layer.fan_out,
            )
    return loss


cdef void move_all(Network net, const double *inputs) noexcept nogil:
    """Move every weight by the step that backward found."""
    cdef Py_ssize_t at
    cdef Layer *layer
    for at in range(net.depth):
        layer = &net.layers[at]
        move(layer.weights, <double *> inputs, layer.steps, layer.fan_in, layer.fan_out)
        inputs = layer.outputs


cdef class Kernel:
    """The loops over one network.

    Parameters
    ----------
    matrices : list of float64 arrays
        The network's weights, first layer first, each (fan_in, fan_out), C-contiguous. They are
        used in place.
    """

    cdef Network net
    cdef Py_ssize_t inodes
    cdef Py_ssize_t onodes
    cdef list owners

    def __cinit__(self, list matrices):
        cdef double[:, ::1] weights
        cdef Layer *layer
        cdef Py_ssize_t at
        if not matrices:
            raise ValueError("matrices: got none, wants at least 1")
        # The views keep the arrays alive, and in place: NumPy resizes no array that has one.
        self.owners = [memoryview(matrix) for matrix in matrices]
        self.net.depth = len(matrices)
        self.net.layers = <Layer *> calloc(self.net.depth, sizeof(Layer))
        if self.net.layers == NULL:
            raise MemoryError
        for at in range(self.net.depth):
            weights = matrices[at]
            if weights.shape[0] == 0 or weights.shape[1] == 0:
                raise ValueError(f"matrices[{at}]: got an empty matrix")
            if at > 0:
                check_length("rows", weights.shape[0], self.net.layers[at - 1].fan_out)
            layer = &self.net.layers[at]
            layer.fan_in = weights.shape[0]
            layer.fan_out = weights.shape[1]
            layer.weights = &weights[0, 0]
        self.inodes = self.net.layers[0].fan_in
        self.onodes = self.net.layers[self.net.depth - 1].fan_out
        self.divide_workspace()

    cdef divide_workspace(self):
        cdef Py_ssize_t at, neurons = 0
        cdef double *rest
        cdef Layer *layer
        for at in range(self.net.depth):
            neurons += self.net.layers[at].fan_out
        self.net.workspace = <double *> calloc(neurons, 5 * sizeof(double))
        if self.net.workspace == NULL:
            raise MemoryError
        rest = self.net.workspace
        for at in range(self.net.depth):
            layer = &self.net.layers[at]
            layer.outputs = rest
            layer.old_outputs = rest + layer.fan_out
            layer.errors = rest + 2 * layer.fan_out
            layer.deltas = rest + 3 * layer.fan_out
            layer.steps = rest + 4 * layer.fan_out
            rest += 5 * layer.fan_out

    def __dealloc__(self):
        free(self.net.layers)
        free(self.net.workspace)

    def query(self, const double[::1] inputs, double[::1] outputs):
        """Write the outputs for one example, (inodes,), to outputs, (onodes,)."""
        cdef const double *last
        check_length("inputs", inputs.shape[0], self.inodes)
        check_length("outputs", outputs.shape[0], self.onodes)
        with nogil:
            last = forward(self.net, &inputs[0])
            memcpy(&outputs[0], last, self.onodes * sizeof(double))

    def predict(
        self, const double[:, ::1] inputs, double[:, ::1] outputs, Py_ssize_t start, Py_ssize_t stop
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        cdef Py_ssize_t example
        cdef const double *last
        self.check_examples(inputs, outputs, start, stop)
        with nogil:
            for example in range(start, stop):
                last = forward(self.net, &inputs[example, 0])
                memcpy(&outputs[example, 0], last, self.onodes * sizeof(double))

    def train(self, const double[::1] inputs, const double[::1] targets, double lr, bint gradient):
        """Make one update; return False, and make none, if a number is not finite."""
        cdef bint usable
        check_length("inputs", inputs.shape[0], self.inodes)
        check_length("targets", targets.shape[0], self.onodes)
        with nogil:
            usable = finite(&inputs[0], self.inodes) & finite(&targets[0], self.onodes)
            if usable:
                forward(self.net, &inputs[0])
                backward(self.net, &targets[0], lr, gradient)
                move_all(self.net, &inputs[0])
        return usable

    def fit(
        self, const double[:, ::1] inputs, const double[:, ::1] targets, const int64_t[::1] order,
        Py_ssize_t start, Py_ssize_t stop, double lr, bint gradient, double loss,
    ):
        """Make one update for each of the examples start to stop - 1 of the order.

        The order is None for the examples as they stand. Returns the sum of their losses, added one
        by one to the loss that is passed.
        """
        cdef Py_ssize_t place, example, old = 0
        self.check_examples(inputs, targets, start, stop)
        if order is not None:
            check_length("order", order.shape[0], inputs.shape[0])
            for place in range(start, stop):
                check_range("order", 0, order[place], inputs.shape[0] - 1)
        # Every update but the last waits for the next example's way forward, which moves the
        # weights in passing.
        with nogil:
            for place in range(start, stop):
                example = place if order is None else order[place]
                if place == start:
                    forward(self.net, &inputs[example, 0])
                else:
                    move_and_forward(self.net, &inputs[old, 0], &inputs[example, 0])
                loss += backward(self.net, &targets[example, 0], lr, gradient)
                old = example
            if stop > start:
                move_all(self.net, &inputs[old, 0])
        return loss

    def evaluate(
        self, const double[:, ::1] inputs, const double[:, ::1] targets,
        Py_ssize_t start, Py_ssize_t stop, double loss,
    ):
        """Judge the examples start to stop - 1.

        Returns the sum of their losses, added one by one to the loss that is passed, and how many
        are answered rightly.
        """
        cdef Py_ssize_t example, right = 0
        cdef const double *last
        self.check_examples(inputs, targets, start, stop)
        with nogil:
            for example in range(start, stop):
                last = forward(self.net, &inputs[example, 0])
                loss += find_errors(self.net, &targets[example, 0])
                right += answer(last, self.onodes) == answer(&targets[example, 0], self.onodes)
        return loss, right

    def backquery(self, const double[::1] targets, double[::1] inputs):
        """Write the inputs that the network has in mind for the targets to inputs."""
        cdef Py_ssize_t at, j
        cdef Layer *layer
        cdef const double *outputs = &targets[0]
        cdef double *before
        check_length("targets", targets.shape[0], self.onodes)
        check_length("inputs", inputs.shape[0], self.inodes)
        with nogil:
            for at in range(self.net.depth - 1, -1, -1):
                layer = &self.net.layers[at]
                before = &inputs[0] if at == 0 else self.net.layers[at - 1].outputs
                # The errors' place is free between two updates; it holds the signals here.
                for j in range(layer.fan_out):
                    layer.errors[j] = logit_of(outputs[j])
                split(layer.errors, layer.weights, before, layer.fan_in, layer.fan_out)
                rescale(before, layer.fan_in)
                outputs = before

    cdef check_examples(
        self, const double[:, ::1] inputs, const double[:, ::1] others,
        Py_ssize_t start, Py_ssize_t stop,
    ):
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_length("columns of the outputs or targets", others.shape[1], self.onodes)
        check_length("rows of the outputs or targets", others.shape[0], inputs.shape[0])
        check_range("start", 0, start, stop)
        check_range("stop", start, stop, inputs.shape[0])


cdef check_length(str name, Py_ssize_t got, Py_ssize_t wanted):
    if got != wanted:
        raise ValueError(f"{name}: got {got}, wants {wanted}")


cdef check_range(str name, Py_ssize_t low, Py_ssize_t got, Py_ssize_t high):
    if not low <= got <= high:
        raise ValueError(f"{name}: got {got}, wants {low} to {high}")
