"""Ctrl-C where there is something to save."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SAVING = b"Saving what it has learned so far; press Ctrl-C once more to give that up\n"


@contextmanager
def one_interrupt() -> Iterator[None]:
    """Let the first Ctrl-C in the block raise KeyboardInterrupt, and the second one do nothing.

    Whoever catches the first has time to save. The third and all that follow raise it again.
    """
    presses = 0

    def pressed(number: int, frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses != 2:
            raise KeyboardInterrupt
        with suppress(OSError):
            # Not print, which cannot be called while it is at work.
            os.write(2, SAVING)

    before = signal.getsignal(signal.SIGINT)
    # Jobs in the background ignore Ctrl-C, and only the main thread may change what it does.
    is_usual = before is signal.default_int_handler
    if not is_usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
