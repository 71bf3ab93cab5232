"""Check that back-propagation computes the slope of the loss, and explain where it does not.

The slope of the loss in a weight can be measured without back-propagation: move the weight a little
up and a little down, and see how much the loss changes. Both slopes must agree. In hidden layers
under the article's own rule they do not, by design; the check says why. `gradient_check` takes a
network, and `gradient_check_of` any function of weights.
"""

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from nnref.common.arguments import FINITE, number_within, positive_int, shown
from nnref.common.network import Network, check_network, rebuilt
from nnref.common.state import as_float64
from nnref.common.types import Vector

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation

# A central difference makes two errors: the next term of the Taylor series, of the order step**2,
# and rounding, epsilon / step. They balance where the step is the cube root of epsilon (Press et
# al., Numerical Recipes, 5.7).
STEP = 2.0**-17
# The difference that these errors can make, relative to the layer's largest slope and to the loss.
OF_LARGEST = {"float64": 1e-6, "float32": 1e-3}
OF_LOSS = 1e-9
# An angle, in degrees, that these errors may make of none.
NEARLY = 0.01

LINE = 79


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """The slopes of one matrix of weights and its biases: computed, and numerical.

    Attributes
    ----------
    name : str
        The article's name of the weights, as "weights_input_hidden".
    checked, weights : int
        How many weights and biases were checked, and how many there are.
    largest_difference : float
        The largest difference between a computed and a numerical slope.
    place : str
        Where it is, as "weights_input_hidden[2][0]".
    computed, numerical : float
        The two slopes at that place.
    angle : float
        The angle in degrees between the computed slopes and the numerical ones, each taken as one
        direction: 0 for steepest descent, below 90 as long as the update leads downhill.
    length : float
        The length of the computed direction, as a multiple of that of the numerical one.
    agrees : bool
        Whether the largest difference is no larger than the errors of the measurement.
    """

    name: str
    checked: int
    weights: int
    largest_difference: float
    place: str
    computed: float
    numerical: float
    angle: float
    length: float
    agrees: bool


@dataclass(frozen=True, slots=True, repr=False)
class GradientCheck:
    """What `gradient_check` or `gradient_check_of` found; prints as a table with an explanation.

    Attributes
    ----------
    layers : tuple of LayerCheck
        One per layer of neurons, the first hidden one first; or one per item of the weights.
    by_chain_rule : tuple of LayerCheck
        The same with ``hidden_error="gradient"``, for a network that has "split".
    hidden_error : str
        The network's rule for the hidden errors; empty for a function.
    explanation : str
        What was found, and why it is so, in words.
    """

    layers: tuple[LayerCheck, ...]
    by_chain_rule: tuple[LayerCheck, ...]
    hidden_error: str
    explanation: str

    @property
    def agrees(self) -> bool:
        """Whether back-propagation computes the gradient of the loss in every layer."""
        return all(layer.agrees for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as plain data, ready for JSON.

        Returns
        -------
        dict
            "agrees" and the attributes, each layer's as a dict of its own.
        """
        return {"agrees": self.agrees, **asdict(self)}

    def __str__(self) -> str:
        """Return the findings as a table and an explanation."""
        from textwrap import fill  # here, since few checks are printed

        given = "computed by back-propagation" if self.hidden_error else "as given"
        lines = [f"Slopes of the loss: {given}, and measured numerically.", ""]
        for n, layer in enumerate(self.layers):
            lines += [
                f"{layer.name}: {self._verdict(n)}",
                f"  checked             {layer.checked} of {layer.weights} weights and biases",
                f"  largest difference  {layer.largest_difference:.3g} at {layer.place}",
                f"  there               computed {layer.computed:.9g}, "
                f"numerical {layer.numerical:.9g}",
                f"  direction           {layer.angle:.3g} degrees off steepest descent, "
                f"{layer.length:.3g} times as long",
                "",
            ]
        return "\n".join([*lines, fill(self.explanation, LINE)])

    __repr__ = __str__

    def _verdict(self, n: int) -> str:
        if self.layers[n].agrees:
            return "agrees"
        by_design = self.by_chain_rule and self.by_chain_rule[n].agrees
        return "differs by design: the article's rule" if by_design else "DIFFERS"


def gradient_check(
    network: Network, inputs: Any, targets: Any, *, most: int = 200
) -> GradientCheck:
    """Compare the slopes that a network computes with slopes measured by moving its weights.

    The numerical slope of the loss L in a weight w is the central difference
    ``(L(w + h) - L(w - h)) / (2 h)``, in float64. The computed slope is minus the input of the
    weight times the delta of its neuron. Weight decay, which does not depend on the example, is
    left out. With dropout, both are those of the next update: what that drops, stays dropped.

    Parameters
    ----------
    network : NeuralNetwork
        A network of either backend; it stays unchanged.
    inputs : (inodes,) numbers
        An example; finite.
    targets : (onodes,) numbers
        What the outputs should be; finite, for the cross-entropy from 0 to 1, for poisson at
        least 0.
    most : int
        How many weights of each layer to check at most, since each takes two evaluations of the
        loss. In a larger layer a sample is checked, always the same one. For each weight
        ``nnref`` takes about 2 ms per thousand weights of the network.

    Returns
    -------
    GradientCheck
        For each layer the largest difference and its place, and the reason in words.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described above; the message names it.
    """
    check_network(network)
    most = positive_int("most", most)
    network = copy.copy(network)  # which no other thread trains meanwhile
    explanation = network.explain(inputs, targets)
    places = [_places(layer, most) for layer in explanation.layers]
    numerical = _measured(network, explanation, places)
    layers = _compared(explanation, places, numerical, network)
    by_chain_rule: tuple[LayerCheck, ...] = ()
    if network.hidden_error == "split":
        twin = _like(network, hidden_error="gradient").explain(inputs, targets)
        by_chain_rule = _compared(twin, places, numerical, network)
    return GradientCheck(
        layers=layers,
        by_chain_rule=by_chain_rule,
        hidden_error=network.hidden_error,
        explanation=_in_words(explanation, layers, by_chain_rule),
    )


def _in_words(
    explanation: "Explanation",
    layers: tuple[LayerCheck, ...],
    by_chain_rule: tuple[LayerCheck, ...],
) -> str:
    """Return what was found, and why."""
    wrong = [layer for layer in layers if not layer.agrees]
    names = ", ".join(layer.name for layer in wrong)
    if not wrong:
        return f"Back-propagation computes the slope of the loss.{_why_split_agrees(explanation)}"
    if not all(math.isfinite(layer.largest_difference) for layer in layers):
        return f"{names}: the numbers are not all finite, so the loss has no slope to compare."
    if not by_chain_rule or not all(layer.agrees for layer in by_chain_rule):
        return (
            f"{names}: back-propagation does not compute the slope of the loss. If the signal of a "
            "relu neuron is exactly 0, or numbers are very large, the measurement may be wrong. "
            "Otherwise back-propagation is."
        )
    largest = max(layer.largest_difference for layer in by_chain_rule)
    return (
        f"{names}: back-propagation does not compute the slope of the loss, and this is intended. "
        "With hidden_error='split', the article's rule, the errors of a layer flow back through "
        "its weights. The chain rule sends back the deltas instead: the errors times the slopes of "
        "the neurons, at most 1/4 for a sigmoid. With hidden_error='gradient' this network agrees "
        f"everywhere, to within {largest:.2g}. For this example, "
        f"{'; '.join(map(_how_it_differs, wrong))}."
    )


def _how_it_differs(layer: LayerCheck) -> str:
    if not math.isfinite(layer.length):
        return f"{layer.name} moves although the loss is flat there, as far as can be measured"
    return (
        f"the update of {layer.name} is {layer.length:.2g} times as long as by the chain rule and "
        f"{layer.angle:.2g} degrees off steepest descent"
        + ("" if layer.angle < 90.0 else ", so it does not lead downhill")
    )


def _why_split_agrees(explanation: "Explanation") -> str:
    """Return why the article's rule is the chain rule here, if that is what was checked."""
    senders = explanation.layers[1:]
    if explanation.hidden_error != "split" or not senders:
        return ""
    if all(layer.errors == layer.deltas for layer in senders):
        return (
            " It does so even with hidden_error='split': here the layers that send errors back "
            "have deltas equal to their errors, so both rules say the same."
        )
    return (
        " With hidden_error='split' it usually does not, but for this example the slopes of the "
        "hidden layers are zero, or too small to show a difference."
    )


Place = tuple[int, int]
"""Where a weight is, as (input, neuron); for a bias the input is -1."""


def _like(network: Network, **changes: Any) -> Network:
    """Return a float64 copy of a network with another description."""
    state = as_float64(network.__getstate__())
    return rebuilt(type(network), replace(state, description=replace(state.description, **changes)))


def _places(layer: "LayerExplanation", most: int) -> list[Place]:
    first = -1 if layer.biases else 0
    inputs, neurons = range(first, len(layer.inputs)), range(len(layer.outputs))
    total = len(inputs) * len(neurons)
    chosen = range(total) if total <= most else sorted(random.Random(0).sample(range(total), most))
    return [(first + place // len(neurons), place % len(neurons)) for place in chosen]


def _measured(
    network: Network, explanation: "Explanation", places: list[list[Place]]
) -> list[list[float]]:
    probe = _like(network)
    example = probe._example(explanation.inputs, explanation.targets)
    slopes: list[list[float]] = []
    for layer, layer_places in enumerate(places):
        slopes.append([])
        for i, j in layer_places:
            row = probe.biases[layer] if i < 0 else probe.weights[layer][i]
            flow = 1.0 if i < 0 else explanation.layers[layer].inputs[i]
            slopes[-1].append(_slope(probe, example, row, j, flow))
    return slopes


def _slope(probe: Network, example: tuple[Any, Any], row: Any, j: int, flow: float) -> float:
    """Return the slope of the loss in the weight row[j], which keeps its value.

    The flow is the input of that weight. A large one needs a small step, since what matters is how
    far the signal moves.
    """
    weight = float(row[j])
    step = STEP * max(1.0, abs(weight)) / max(1.0, abs(flow))
    losses, points = [], []
    for moved in (weight + step, weight - step):
        row[j] = moved
        points.append(moved)
        losses.append(probe._engine.training_loss(*example))
    row[j] = weight
    # Divide by the distance of the points, not by 2 * step: a rounded sum may have moved less.
    return (losses[0] - losses[1]) / (points[0] - points[1])


def _compared(
    explanation: "Explanation",
    places: list[list[Place]],
    numerical: list[Vector],
    network: Network,
) -> tuple[LayerCheck, ...]:
    return tuple(
        _compared_layer(layer, layer_places, measured, explanation.loss, network._dtype)
        for layer, layer_places, measured in zip(explanation.layers, places, numerical, strict=True)
    )


def _compared_layer(
    layer: "LayerExplanation", places: list[Place], numerical: Vector, loss: float, dtype: str
) -> LayerCheck:
    computed = [-(1.0 if i < 0 else layer.inputs[i]) * layer.deltas[j] for i, j in places]
    weights, biases = layer.article_name("weights"), layer.article_name("biases")
    return _layer_check(
        name=weights,
        weights=(len(layer.inputs) + bool(layer.biases)) * len(layer.outputs),
        places=[f"{biases}[{j}]" if i < 0 else f"{weights}[{i}][{j}]" for i, j in places],
        computed=computed,
        numerical=numerical,
        error=OF_LARGEST[dtype] * max(map(abs, numerical)) + OF_LOSS * abs(loss),
    )


def _layer_check(
    name: str,
    weights: int,
    places: list[str],
    computed: Vector,
    numerical: Vector,
    error: float,
) -> LayerCheck:
    """Return how far two kinds of slopes agree; the error is what the measurement can make."""
    differences = [abs(c - n) for c, n in zip(computed, numerical, strict=True)]
    # A NaN counts as the largest difference: it must not pass.
    worst = max(range(len(places)), key=lambda at: (math.isnan(differences[at]), differences[at]))
    return LayerCheck(
        name=name,
        checked=len(places),
        weights=weights,
        largest_difference=differences[worst],
        place=places[worst],
        computed=computed[worst],
        numerical=numerical[worst],
        angle=_angle(computed, numerical),
        length=_ratio(math.hypot(*computed), math.hypot(*numerical)),
        agrees=differences[worst] <= error,
    )


def _ratio(length: float, of: float) -> float:
    """Return one length as a multiple of another; 1 where both are 0."""
    return length / of if of != 0.0 else (1.0 if length == 0.0 else math.inf)


def _angle(one: Vector, other: Vector) -> float:
    """Return the angle between two directions, in degrees; 0 where one has no length."""
    lengths = math.hypot(*one), math.hypot(*other)
    if 0.0 in lengths:
        return 0.0
    # Scale both to length 1 first: a product of large or small numbers would over- or underflow.
    pairs = zip(one, other, strict=True)
    cosine = sum((a / lengths[0]) * (b / lengths[1]) for a, b in pairs)
    return cosine if math.isnan(cosine) else math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


# Any function of weights.


def gradient_check_of(
    loss: Callable[[Any], Any], weights: Any, slopes: Any, *, most: int = 200
) -> GradientCheck:
    """Compare slopes of any function with slopes measured by moving its arguments.

    The measured slope in a weight w is the central difference ``(L(w + h) - L(w - h)) / (2 h)``,
    as in `gradient_check`. So a network that you wrote yourself, with biases or whatever else it
    has, can be checked too.

    Parameters
    ----------
    loss : callable
        Takes weights in the form of ``weights`` and returns one number.
    weights : list of vectors and matrices, or an array
        Where to take the slopes: the numbers may be in lists or arrays, and stay unchanged.
    slopes : list of vectors and matrices, or an array
        The slopes of the loss in all weights, in the shapes of ``weights``: by how much the loss
        grows where a weight grows. An update goes against them.
    most : int
        How many weights of each item to check at most, since each takes two calls of the loss. In a
        larger item a sample is checked, always the same one.

    Returns
    -------
    GradientCheck
        For each item of the weights the largest difference and its place, and the reason in words.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described above; the message names it.
    """
    if not callable(loss):
        raise TypeError(f"loss: got {shown(loss)}, wants a function of the weights")
    most = positive_int("most", most)
    numbers, computed = dict(_leaves("weights", weights)), dict(_leaves("slopes", slopes))
    unlike = numbers.keys() ^ computed.keys()
    if unlike:
        raise ValueError(
            f"slopes: got another shape than weights, {_subscript(min(unlike))} is in one alone, "
            "wants a slope for each weight"
        )
    probe = copy.deepcopy(weights)
    here = _loss_at(loss, probe)
    layers = []
    for first in dict.fromkeys(path[:-1][:1] for path in numbers):
        paths = [path for path in numbers if path[:-1][:1] == first]
        sample = paths if len(paths) <= most else sorted(random.Random(0).sample(paths, most))
        numerical = [_slope_at(loss, probe, path, numbers[path]) for path in sample]
        check = _layer_check(
            name=f"weights{_subscript(first)}",
            weights=len(paths),
            places=[f"weights{_subscript(path)}" for path in sample],
            computed=[computed[path] for path in sample],
            numerical=numerical,
            error=OF_LARGEST["float64"] * max(map(abs, numerical)) + OF_LOSS * abs(here),
        )
        layers.append(check)
    return GradientCheck(tuple(layers), (), "", _of_function_in_words(layers))


Path = tuple[int, ...]


def _leaves(name: str, values: Any, path: Path = ()) -> Iterator[tuple[Path, float]]:
    """Yield each number in nested lists or arrays, and where it is."""
    is_array = not isinstance(values, type) and callable(getattr(values, "tolist", None))
    inner = values.tolist() if is_array else values
    where = f"{name}{_subscript(path)}"
    if isinstance(inner, list | tuple) and len(inner) > 0:
        for at, value in enumerate(inner):
            yield from _leaves(name, value, (*path, at))
    elif path and not isinstance(inner, list | tuple):
        yield path, number_within(where, inner, FINITE)
    else:
        error = ValueError if isinstance(inner, list | tuple) else TypeError
        raise error(f"{where}: got {shown(values)}, wants finite numbers in lists or arrays")


def _subscript(path: Path) -> str:
    return "".join(f"[{at}]" for at in path)


def _loss_at(loss: Callable[[Any], Any], weights: Any) -> float:
    value = loss(weights)
    # An array of one number is a number here; a loss may come from a matrix product.
    value = value.item() if callable(getattr(value, "item", None)) else value
    return number_within("loss", value, FINITE)


def _slope_at(loss: Callable[[Any], Any], probe: Any, path: Path, weight: float) -> float:
    """Return the slope of a loss in the weight at a path, which keeps its value."""
    row = probe
    for at in path[:-1]:
        row = row[at]
    old, step = row[path[-1]], STEP * max(1.0, abs(weight))
    points, losses = (weight + step, weight - step), []
    for moved in points:
        _move(row, path, moved)
        losses.append(_loss_at(loss, probe))
    row[path[-1]] = old
    return (losses[0] - losses[1]) / (points[0] - points[1])


def _move(row: Any, path: Path, weight: float) -> None:
    where = f"weights{_subscript(path[:-1])}"
    if isinstance(row, tuple):
        raise TypeError(f"{where}: got a tuple, wants a list or an array, which can be changed")
    kind = str(getattr(row, "dtype", "float64"))
    if not kind.endswith("float64"):  # whole numbers would not move, and float32 hardly
        raise ValueError(f"{where}: got an array of {kind}, wants one of float64")
    row[path[-1]] = weight


def _of_function_in_words(layers: list[LayerCheck]) -> str:
    """Return what was found of a function's slopes, and what the difference looks like."""
    wrong = [layer for layer in layers if not layer.agrees]
    if not wrong:
        return "The slopes are those of the loss."
    names = ", ".join(layer.name for layer in wrong)
    looks_like = "If the function has no kink there, they are wrong."
    if all(layer.angle > 180.0 - NEARLY for layer in wrong):
        looks_like = (
            "They point the opposite way: a slope says where the loss grows, and an update goes "
            "against it."
        )
    elif all(layer.angle < NEARLY for layer in wrong):
        looks_like = "They point the right way, and only their length is wrong."
    return f"{names}: the slopes are not those of the loss. {looks_like}"
