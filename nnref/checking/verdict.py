"""What the checker says of a program."""

from dataclasses import asdict, dataclass
from textwrap import fill, indent
from typing import Any

LINE = 79

# Where the article computes a number: its own words beside the code, and the formula.
IN_THE_ARTICLE = {
    "sigmoid": ("Our Sigmoid activation function", "sigmoid(x) = 1 / (1 + e**-x)"),
    "hidden_inputs": (
        "Calculate signal into the hidden layer",
        "hidden_inputs[j] = sum over i of inputs[i] * weights_input_hidden[i][j]",
    ),
    "hidden_outputs": (
        "Moderate the output using activation function and output the signal",
        "hidden_outputs[j] = sigmoid(hidden_inputs[j])",
    ),
    "final_inputs": (
        "Calculate signal into the final output layer",
        "final_inputs[k] = sum over j of hidden_outputs[j] * weights_hidden_output[j][k]",
    ),
    "final_outputs": (
        "Moderate the output using activation function and output the signal",
        "final_outputs[k] = sigmoid(final_inputs[k])",
    ),
    "output_errors": (
        "output layer error is the (target - actual)",
        "output_errors[k] = targets[k] - final_outputs[k]",
    ),
    "output_deltas": (
        "update the weights",
        "output_deltas[k] = output_errors[k] * final_outputs[k] * (1 - final_outputs[k])",
    ),
    "hidden_errors": (
        "hidden layer error is the output errors, split by weights, recombined at hidden nodes",
        "hidden_errors[j] = sum over k of weights_hidden_output[j][k] * output_errors[k]",
    ),
    "hidden_deltas": (
        "update the weights",
        "hidden_deltas[j] = hidden_errors[j] * hidden_outputs[j] * (1 - hidden_outputs[j])",
    ),
    "new_weights_hidden_output": (
        "update the weights for the links between the hidden and output layers",
        "weights_hidden_output[j][k] += lr * output_errors[k] * final_outputs[k]\n"
        "    * (1 - final_outputs[k]) * hidden_outputs[j]",
    ),
    "new_weights_input_hidden": (
        "update the weights for the links between the input and hidden layers",
        "weights_input_hidden[i][j] += lr * hidden_errors[j] * hidden_outputs[j]\n"
        "    * (1 - hidden_outputs[j]) * inputs[i]",
    ),
}
BY_CHAIN_RULE = """\
By the chain rule, which is not in the article:
  hidden_errors[j] = sum over k of weights_hidden_output[j][k]
      * output_errors[k] * final_outputs[k] * (1 - final_outputs[k])"""


def in_the_article(number: str, rule: str) -> str:
    """Return where the article computes a number, and how."""
    if (number, rule) == ("hidden_errors", "gradient"):
        return BY_CHAIN_RULE
    words, formula = IN_THE_ARTICLE[number]
    return "\n  ".join([fill(f'In the article: "{words}"', LINE), *formula.splitlines()])


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What `check` found; prints as text for a student, and is true if the program is right.

    Attributes
    ----------
    right : bool
        Whether everything that was compared is right.
    slip : str or None
        A name for what is wrong, which stays the same from version to version, as
        "hidden_errors_for_hidden_outputs"; None if nothing is, or nothing that has a name.
    headline : str
        The finding in one sentence.
    place : str or None
        The first number that is wrong, by its name in the article, as
        "weights_hidden_output[0][1]".
    yours, wanted : float or None
        The program's number at that place, and what it should be.
    looks_like : str
        What gives this number, as a sentence.
    article : str
        Where to look in the article, with the formula.
    tried : str
        What the program was tried with.
    notes : tuple of str
        What is unusual about how the program keeps its numbers.
    traceback : str
        Where an error was raised in the program.
    printed : str
        What the program has printed, if it ran in a process of its own.
    """

    right: bool
    slip: str | None
    headline: str
    place: str | None = None
    yours: float | None = None
    wanted: float | None = None
    looks_like: str = ""
    article: str = ""
    tried: str = ""
    notes: tuple[str, ...] = ()
    traceback: str = ""
    printed: str = ""

    def __bool__(self) -> bool:
        """Return whether the program is right."""
        return self.right

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data, ready for JSON.

        Returns
        -------
        dict
            The attributes by their names.
        """
        return asdict(self)

    def __str__(self) -> str:
        """Return the verdict as text for a student."""
        parts = [f"{'Right' if self.right else 'Wrong'}: {self.headline}"]
        if self.yours is not None and self.wanted is not None:
            yours, wanted = two_numbers(self.yours, self.wanted)
            parts.append(f"  yours      {yours}\n  should be  {wanted}")
        if self.traceback:
            parts.append(self.traceback)
        if self.looks_like:
            parts.append(fill(self.looks_like, LINE))
        parts += [part for part in (self.article, self.tried) if part]
        parts += [fill(note, LINE) for note in self.notes]
        if self.printed:
            parts.append("Your program printed:\n" + indent(self.printed.rstrip(), "  "))
        return "\n\n".join([fill(parts[0], LINE), *parts[1:]])

    __repr__ = __str__


def two_numbers(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many digits as show their difference."""
    for digits in range(4, 18):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    digits = min(17, digits + 2)
    texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
    # A minus sign must not shift the digits.
    pad = any(text.startswith("-") for text in texts)
    first, second = (text if text.startswith("-") or not pad else f" {text}" for text in texts)
    return first, second
