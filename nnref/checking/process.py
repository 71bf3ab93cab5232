"""Run a student's file in a process of its own, for a limited time.

The process calls the program and writes down the numbers; it does not judge them. So a program that
runs for ever, ends its process or prints without end is only cut off, and nothing of it is left.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from nnref.checking.finding import NothingToCheckError
from nnref.checking.observation import Failure, Observation, from_dict

ROOT = str(Path(__file__).parents[2])
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from nnref.checking.child import main; main(*sys.argv[1:])"
)
# How much of what a program prints is kept, in bytes.
MOST_PRINTED = 2000
# How long to wait for the last output of a process that has ended.
LAST_OUTPUT = 1.0


def observe_file(
    path: str, name: str | None, rule: str, time_limit: float
) -> tuple[list[Observation], str]:
    """Return what was seen of a file's program, and what it printed.

    Raises
    ------
    NothingToCheckError
        If there is nothing to check in it, or nothing of this name.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report = Path(folder) / "report"
        # -P: the current folder is no place for modules; -B: write none of them down.
        options = ("-P", "-B", "-X", "utf8", "-c", START)
        command = [sys.executable, *options, ROOT, path, str(report), rule, name or ""]
        printed, status = _run(command, time_limit)
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return _read(lines, status, time_limit), printed


def _run(command: list[str], time_limit: float) -> tuple[str, int | None]:
    """Return what a command printed, and its exit status, None if it was out of time."""
    # In a group of its own, so that all that it starts can be ended with it.
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **group
    )
    assert process.stdout is not None
    kept = bytearray()
    reader = threading.Thread(target=_keep, args=(process.stdout, kept), daemon=True)
    reader.start()
    status = None
    try:
        status = process.wait(time_limit)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _end(process)
        reader.join(LAST_OUTPUT)
    text = kept[:MOST_PRINTED].decode("utf-8", "replace").replace("\r\n", "\n")
    return text + ("\n..." if len(kept) > MOST_PRINTED else ""), status


def _keep(stream: IO[bytes], kept: bytearray) -> None:
    """Read all that a program prints, and keep the beginning."""
    with stream:
        while piece := stream.read1(65536):  # type: ignore[attr-defined]
            if len(kept) <= MOST_PRINTED:
                kept += piece[: MOST_PRINTED + 1]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    if sys.platform == "win32":
        if process.poll() is None:
            tree = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(lines: list[str], status: int | None, time_limit: float) -> list[Observation]:
    """Return the observations in a report, the last of them a failure if the report has no end."""
    observations: list[Observation] = []
    doing = "the file"
    for line in lines:
        with suppress(json.JSONDecodeError):  # the last line may be cut
            key, value = json.loads(line)
            if key == "error":
                raise NothingToCheckError(value)
            if key == "end":
                return observations
            if key == "doing":
                doing = value
            else:
                observations.append(from_dict(value))
    failure = Failure("ended", f"exit status {status}")
    if status is None:
        failure = Failure("time_limit", f"{time_limit:g} seconds")
    return [*observations, Observation(doing, "", "unequal", failure=failure)]
