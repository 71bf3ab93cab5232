"""The process of a student's program: load it, call it, write down what it did.

Each line of the report is a JSON pair: ["doing", what is called], ["seen", an observation],
["error", why there is nothing to check], and ["end", null].
"""

import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from nnref.checking.finding import NothingToCheckError, observe_module
from nnref.checking.observation import Failure, Observation
from nnref.checking.observing import failure_of

MODULE = "checked_program"


def main(root: str, path: str, report: str, rule: str, name: str) -> None:
    """Check a program, and write the report."""
    # The program's own folder comes first, as if it had been started; ours comes last.
    sys.path.remove(root)
    sys.path[:] = [str(Path(path).resolve().parent), *sys.path, root]
    sys.argv = [path]
    with Path(report).open("w", encoding="utf-8") as file:

        def tell(key: str, value: Any) -> None:
            file.write(json.dumps([key, value]) + "\n")
            file.flush()

        try:
            _observe(path, rule, name or None, tell)
        except NothingToCheckError as error:
            tell("error", str(error))
        except BaseException as error:  # such as KeyboardInterrupt, which it can raise itself
            failure = failure_of(error)
            tell("seen", Observation(Path(path).name, "", "unequal", failure=failure).to_dict())
        tell("end", None)
    sys.stdout.flush()
    # Threads that the program has left behind are not waited for.
    os._exit(0)


def _observe(path: str, rule: str, name: str | None, tell: Any) -> None:
    try:
        names = _loaded(path)
    except (Exception, SystemExit) as error:
        failure = failure_of(error)
        kind = "import" if failure.kind == "raised" else failure.kind
        failure = Failure(kind, failure.words, failure.traceback)
        tell("seen", Observation(Path(path).name, "", "unequal", failure=failure).to_dict())
        return
    for seen in observe_module(names, MODULE, name, rule, lambda what: tell("doing", what)):
        tell("seen", seen.to_dict())


def _loaded(path: str) -> dict[str, Any]:
    """Return the names of a file that has been run as a module, whatever the file is called."""
    loader = importlib.machinery.SourceFileLoader(MODULE, path)
    spec = importlib.util.spec_from_loader(MODULE, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    loader.exec_module(module)
    return vars(module)
