"""Only what was refused before it was executed is asked again."""

from collections.abc import Callable

import pytest

from connectors.errors import (
    AuthError,
    CrmSegmentsError,
    QuotaExhaustedError,
    RateLimitedError,
    TransientError,
    UnavailableError,
    UnknownOutcomeError,
)
from connectors.retry import RetryPolicy


class Refusing:
    """Refuses some calls, then answers."""

    def __init__(self, *errors: CrmSegmentsError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def waits() -> list[float]:
    return []


def policy(waits: list[float], **settings: int) -> RetryPolicy:
    sleep: Callable[[float], None] = waits.append
    return RetryPolicy(sleep=sleep, **settings)


def test_a_refusal_is_asked_again_until_there_is_an_answer(waits: list[float]) -> None:
    function = Refusing(UnavailableError("busy", hint="wait"), RateLimitedError("slow", hint="wait"))
    assert policy(waits).call(function) == "answer"
    assert function.calls == 3
    assert len(waits) == 2
    assert all(0 < wait <= 31 for wait in waits)


def test_the_advice_of_the_crm_outranks_our_own_waiting(waits: list[float]) -> None:
    function = Refusing(RateLimitedError("slow", hint="wait", retry_after=7.5))
    policy(waits).call(function)
    assert waits == [7.5]


def test_the_last_refusal_is_raised_when_patience_ends(waits: list[float]) -> None:
    function = Refusing(*(UnavailableError(f"busy {number}", hint="wait") for number in range(9)))
    with pytest.raises(TransientError, match="busy 2"):
        policy(waits, max_attempts=3).call(function)
    assert function.calls == 3


@pytest.mark.parametrize("error", [AuthError, QuotaExhaustedError, UnknownOutcomeError])
def test_everything_else_passes_through_at_once(waits: list[float], error: type[CrmSegmentsError]) -> None:
    function = Refusing(error("no", hint="look"))
    with pytest.raises(error):
        policy(waits).call(function)
    assert (function.calls, waits) == (1, [])
