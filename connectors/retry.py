"""The one retry policy: which errors are asked again, after how long, and for how long at most."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from connectors.errors import TransientError

__all__ = ["RetryPolicy"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Repeats a call that was refused before it was executed; nothing else is ever repeated.

    The CRM's own advice (`retry_after`) outranks our back-off. Ambiguous outcomes and refused credentials
    pass straight through: the first must be read back, the second would lock the account.
    """

    max_attempts: int = 6
    first_wait_seconds: float = 0.2
    max_wait_seconds: float = 30.0
    max_total_seconds: float = 120.0
    sleep: Callable[[float], None] = tenacity.nap.sleep

    def call(self, function: Callable[[], Result]) -> Result:
        """Call `function` until it succeeds or the policy gives up.

        Raises:
            TransientError: The last refusal, when all attempts were used up.
        """
        backoff = tenacity.wait_random_exponential(self.first_wait_seconds, self.max_wait_seconds)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            advised = error.retry_after if isinstance(error, TransientError) else None
            return backoff(state) if advised is None else advised

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=tenacity.stop_after_attempt(self.max_attempts)
            | tenacity.stop_after_delay(self.max_total_seconds),
            wait=wait,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(function)
