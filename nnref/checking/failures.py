"""What is said of a program that gave no numbers to compare."""

from nnref.checking.observation import Failure, Observation


def words_for(failure: Failure, seen: Observation) -> tuple[str | None, str, str]:
    """Return the name of what went wrong, the headline, and what it looks like."""
    called, words = seen.called, failure.words
    if "ellipsis" in words or words.startswith("NotImplementedError"):
        return "gap", f"{called} has a gap.", "Put your own code in its place."
    match failure.kind:
        case "nothing":
            return (
                "return_missing",
                f"{called} returned None, and numbers are wanted.",
                "Does it end with return?",
            )
        case "shape":
            return "shape", f"{called} gave {words}.", ""
        case "no_numbers":
            return "no_numbers", f"{called} gave {words}, and numbers are wanted.", ""
        case "order":
            return "matrices_swapped", f"{called} gave {words}.", ""
        case "missing":
            return "missing", f"{called} is missing.", ""
        case "inside":
            return (
                "missing",
                f"{called} is missing.",
                "It stands inside __init__: its lines are indented too far.",
            )
        case "matrices":
            return "matrices", f"{called}: {words}.", ""
        case "bias":
            return "bias_added", f"{called}: {words}.", ""
        case "time_limit":
            return "time_limit", f"{called} was not done after {words}.", "A loop may never end."
        case "ended":
            return "ended", f"{called} has ended the whole program: {words}.", ""
        case "exited":
            return "exited", f"{called} has called exit().", ""
        case "import":
            return "raised", f"The file cannot be run. {words}", ""
        case _:
            return "raised", f"{called} stops with an error. {words}", ""
