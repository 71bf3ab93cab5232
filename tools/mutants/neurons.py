"""Mutants of activations, slopes, losses and deltas."""

from mutant import FIT, Mutant, backwards, one_fewer

MUTANTS = {
    "nnfast/kernel/neurons.pxi": [
        backwards(
            "squared_error: from the last term on",
            "for k in range(width):\n        total = total + errors",
        ),
        backwards(
            "softmax: from the last term on",
            "for k in range(width):\n        total = total + exponentials",
        ),
        backwards(
            "softmax's slope: from the last term on",
            "for j in range(width):\n            shared = shared +",
        ),
        backwards(
            "cross-entropy's deltas: from the last term on",
            "for k in range(width):\n        total = total + targets[k]\n",
        ),
        one_fewer(
            "sigmoid: last neuron dropped",
            "for j in range(width):\n            outputs[j] = sigmoid_of",
        ),
        one_fewer(
            "tanh: last neuron dropped",
            "for j in range(width):\n            outputs[j] = tanh_of",
        ),
        one_fewer(
            "relu: last neuron dropped",
            "for j in range(width):\n            outputs[j] = relu_of",
        ),
        one_fewer(
            "exponential: last neuron dropped",
            "for j in range(width):\n            outputs[j] = exp_of",
        ),
        one_fewer(
            "exponential's slope: last neuron dropped",
            "for j in range(width):\n            deltas[j] = errors[j] * outputs[j]\n",
        ),
        one_fewer(
            "sigmoid's slope: last neuron dropped",
            "for j in range(width):\n            deltas[j] = errors[j] * (outputs[j] *",
        ),
        one_fewer(
            "squared_error: last neuron dropped",
            "for k in range(width):\n        total = total + errors",
        ),
        Mutant(
            "sigmoid's slope: in another order",
            "errors[j] * (outputs[j] * (one - outputs[j]))",
            "errors[j] * outputs[j] * (one - outputs[j])",
        ),
        Mutant(
            "tanh's slope: in another order",
            "one - outputs[j] * outputs[j]",
            "(one - outputs[j]) * (one + outputs[j])",
        ),
        Mutant("relu: NaN becomes 0", "zero if x <= zero else x", "x if x > zero else zero"),
        Mutant("relu: -0.0 stays", "zero if x <= zero else x", "zero if x < zero else x"),
        Mutant("relu's slope: 1 at 0", "zero if outputs[j] <= zero", "zero if outputs[j] < zero"),
        Mutant("softmax: not shifted", "exp_of(signals[k] - largest[0])", "exp_of(signals[k])"),
        Mutant("softmax: times 1 / the sum", "outputs[j] / total", "outputs[j] * (one / total)"),
        Mutant(
            "softmax's slope: in another order",
            "outputs[j] * (errors[j] - shared)",
            "outputs[j] * errors[j] - outputs[j] * shared",
        ),
        Mutant(
            "cross-entropy of sigmoid: in another order",
            "(relu_of(signals[k]) - signals[k] * targets[k])\n"
            "                + log_of(1.0 + exp_of(-fabs(signals[k])))",
            "(relu_of(signals[k]) + log_of(1.0 + exp_of(-fabs(signals[k]))))\n"
            "                - signals[k] * targets[k]",
        ),
        Mutant(
            "cross-entropy of softmax: in another order",
            "(largest - signals[k]) + log_sum",
            "(largest + log_sum) - signals[k]",
        ),
        Mutant(
            "cross-entropy of softmax: at the ends of the floats",
            "if largest - signals[k] != INFINITY:",
            "if True:",
            FIT,
        ),
        Mutant(
            "cross-entropy of softmax: at the ends of the floats, for targets of 0 too",
            "elif t > 0.0:  # the difference",
            "else:  # the difference",
            FIT,
        ),
        backwards(
            "poisson: from the last term on",
            "for k in range(width):\n        t = targets[k]\n        if errors",
        ),
        Mutant(
            "poisson: in another order",
            "t * (log_of(t) - signals[k]) - errors[k]",
            "(t * log_of(t) - t * signals[k]) - errors[k]",
        ),
        Mutant(
            "poisson: the error taken from the total",
            "total + (t * (log_of(t) - signals[k]) - errors[k])",
            "total + t * (log_of(t) - signals[k]) - errors[k]",
        ),
        Mutant(
            "poisson: at the ends of the floats", "if errors[k] == -INFINITY:", "if False:", FIT
        ),
        Mutant(
            "poisson: the log of a target of 0",
            "elif t > 0.0:\n            total = total + (t * (log",
            "elif True:\n            total = total + (t * (log",
        ),
        Mutant(
            "cross-entropy's deltas: targets assumed to sum to 1",
            "targets[k] - outputs[k] * total",
            "targets[k] - outputs[k]",
        ),
    ],
}
