"""What scikit-learn has had since some version after 1.4, and what stands for it before."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

import sklearn
from sklearn.base import is_classifier

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9

    class _NoTask:
        """The task of an estimator that has no callbacks."""

        def subcontext(self, **_: Any) -> "_NoTask":
            return self

        def call_on_fit_task_begin(self, **_: Any) -> None:
            """Tell nobody."""

        def call_on_fit_task_end(self, **_: Any) -> bool:
            """Tell nobody; return that training goes on."""
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """An estimator whose version of scikit-learn has no callbacks."""

        @property
        def set_callbacks(self) -> NoReturn:
            """What there is not: `hasattr` says so, and a call says what to install."""
            raise AttributeError(
                f"set_callbacks needs scikit-learn>=1.9, and this is {sklearn.__version__}"
            )

        def _init_callback_context(self, **_: Any) -> _NoTask:
            return _NoTask()

    def with_callbacks(function: Function) -> Function:
        """Return a function that does the same.

        Not the same one: where it is called from is to be as many calls away as in newer versions,
        so that a warning can name the place.
        """

        @wraps(function)
        def method(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return cast(Function, method)


try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6

    def validate_data(estimator: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Validate data as scikit-learn's function of this name does."""
        return estimator._validate_data(*args, **kwargs)

    class TagsMixin:
        """An estimator that says what it can do as scikit-learn asked for it then."""

        def _more_tags(self) -> dict[str, Any]:
            return {"X_types": ["2darray", "sparse"], "multilabel": is_classifier(self)}

    # Lets check_array pass infinities and NaN.
    NOT_FINITE_TOO = {"force_all_finite": False}
else:

    class TagsMixin:  # type: ignore[no-redef]
        """An estimator that says what it can do by `__sklearn_tags__`."""

    NOT_FINITE_TOO = {"ensure_all_finite": False}


__all__ = ["NOT_FINITE_TOO", "CallbackSupportMixin", "TagsMixin", "validate_data", "with_callbacks"]
