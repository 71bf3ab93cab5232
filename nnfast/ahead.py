"""Values that are made beside the work on the last ones."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


def made_ahead(values: Iterator[Value]) -> Iterator[Value]:
    """Yield the values, while another thread makes the one that comes next.

    An error in making a value is raised where the value would come.
    """
    end = object()

    def begun() -> "Future[Value | object]":
        # A thread for each value: it ends by itself, even if nobody asks for a further one.
        maker = ThreadPoolExecutor(1, "nnfast-ahead")
        coming = maker.submit(next, values, end)
        maker.shutdown(wait=False)
        return coming

    coming = begun()
    while (value := coming.result()) is not end:
        coming = begun()
        yield value  # type: ignore[misc]
