"""Optional libraries: who needs them, and how to install them."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def required_by(user: str, *requirements: str) -> Iterator[None]:
    """Turn a failed import in the block into an error that says what to install.

    Parameters
    ----------
    user : str
        What cannot be used without the libraries: the first words of the message.
    *requirements : str
        The libraries as pip takes them: "scipy" or "scikit-learn>=1.4".

    Raises
    ------
    ImportError
        If an import in the block fails.
    """
    try:
        yield
    except ImportError as error:
        needs, install = " and ".join(requirements), shlex.join(requirements)
        raise ImportError(f"{user} needs {needs}: pip install {install}") from error
