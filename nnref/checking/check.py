"""The checker's public function."""

import inspect
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
        return _check_file(file_name("code", code), name, rule, time_limit)
    if name is not None:
        raise ValueError(f"name: got {shown(name)}, wants None unless code is a path")
    if not (inspect.isclass(code) or callable(code)):
        raise TypeError(f"code: got {shown(code)}, wants a class, a function or a path")
    from nnref.checking.finding import observe  # here, since most who import nnref check nothing
    from nnref.checking.judging import judge

    return judge(list(observe(code, rule, str)), rule)


def _check_file(path: str, name: str | None, rule: str, time_limit: float) -> Verdict:
    from nnref.checking.judging import judge  # here, as above
    from nnref.checking.process import observe_file

    with open(path, "rb"):  # noqa: PTH123 (a str may end in a slash); it raises if it cannot be read
        pass
    observations, printed = observe_file(path, name, rule, time_limit)
    return replace(judge(observations, rule), printed=printed)
