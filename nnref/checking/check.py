"""The checker's public function."""

import os
from dataclasses import replace
from typing import Any

from nnref.checking.verdict import Verdict
from nnref.common.arguments import POSITIVE, file_name, number_within, one_of, shown
from nnref.common.description import HIDDEN_ERRORS

TIME_LIMIT = 10.0


def check(
    code: Any, *, name: str | None = None, rule: str = "split", time_limit: float = TIME_LIMIT
) -> Verdict:
    """Check a network that you wrote against the article's, and name the first thing that is wrong.

    The program gets small networks whose layers differ in width, and does several updates. It may
    keep its numbers in lists or in arrays, in rows or in columns, and its matrices transposed.
    Where a number is wrong, it is compared with what each known slip would give.

    Two right programs can differ in their last bits, since they may add in another order and have
    another exp. How far they may differ is derived from the numbers: n terms of a sum give n times
    2**-53 of their size, a sigmoid five times as much as an addition, and so on through the update.

    Parameters
    ----------
    code : class, function or path
        A class with the article's constructor and methods: ``(inodes, hnodes, onodes, lr)``,
        ``train(inputs, targets)`` and ``query(inputs)``. A function ``train(inputs, targets,
        weights_input_hidden, weights_hidden_output, lr)`` that returns both new matrices, or one of
        its parts, as ``hidden_errors(output_errors, weights_hidden_output)``. Or the path of a file
        with any of these: it runs in a process of its own, and all functions of a known name are
        checked, in the order of the article.
    name : str, optional
        Which class or function of the file to check. Without it, all that are known.
    rule : {"split", "gradient"}
        The rule for the hidden errors: the article's, or the chain rule.
    time_limit : float
        How many seconds a file may take. A class or a function has no limit.

    Returns
    -------
    Verdict
        What was found; true if the program is right.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described above, or there is nothing to check in the file.
    OSError
        If the file cannot be read.
    """
    rule = one_of("rule", rule, HIDDEN_ERRORS)
    time_limit = number_within("time_limit", time_limit, POSITIVE)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name: got {shown(name)}, wants the name of a class or a function")
    if isinstance(code, str | os.PathLike):
        code = file_name("code", code)
    elif name is not None:
        raise ValueError(f"name: got {shown(name)}, wants None unless code is a path")
    elif not callable(code):
        raise TypeError(f"code: got {shown(code)}, wants a class, a function or a path")
    return _verdict(code, name, rule, time_limit)


def _verdict(code: Any, name: str | None, rule: str, time_limit: float) -> Verdict:
    # Imported here, since most who import nnref check nothing.
    from nnref.checking.finding import NothingToCheckError, observe
    from nnref.checking.judging import judge
    from nnref.checking.process import observe_file

    try:
        if not isinstance(code, str):
            return judge(list(observe(code, rule, str)), rule)
        with open(code, "rb"):  # noqa: PTH123 (a str may end in a slash); can it be read?
            pass
        if code.endswith(".ipynb"):
            raise NothingToCheckError(
                "code: is a notebook, wants a Python file; jupyter nbconvert --to script makes one"
            )
        observations, printed = observe_file(code, name, rule, time_limit)
    except NothingToCheckError as error:
        raise ValueError(str(error)) from None
    return replace(judge(observations, rule), printed=printed)
