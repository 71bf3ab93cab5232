"""What scikit-learn has had since some version, for those before it."""

from collections.abc import Callable
from typing import Any, TypeVar

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

        def _init_callback_context(self, **_: Any) -> _NoTask:
            return _NoTask()

    def with_callbacks(function: Function) -> Function:
        """Return the function itself."""
        return function


try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6

    def validate_data(estimator: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Validate data as scikit-learn's function of this name does."""
        return estimator._validate_data(*args, **kwargs)


__all__ = ["CallbackSupportMixin", "validate_data", "with_callbacks"]
