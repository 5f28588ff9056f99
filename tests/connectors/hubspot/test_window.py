"""The window of calls, on a clock of its own and beside a server that counts strictly."""

from collections import deque

import pytest

from connectors.hubspot.window import SlidingWindow


class Time:
    """A clock that moves by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def window_of(time: Time, calls: int) -> SlidingWindow:
    return SlidingWindow(calls, 10.0, clock=time.clock, sleep=time.sleep)


def test_as_many_calls_as_fit_go_at_once(time: Time) -> None:
    window = window_of(time, 3)
    for _ in range(3):
        window.take()
        window.give_back()
    assert time.now == 100.0


def test_a_slot_is_free_ten_seconds_after_the_answer_and_not_after_the_request(time: Time) -> None:
    window = window_of(time, 1)
    window.take()
    time.sleep(4)
    window.give_back()
    window.take()
    assert time.now == pytest.approx(114.0)


@pytest.mark.parametrize("latency", [0.0, 0.12, 3.0])
def test_a_strict_server_never_refuses_whenever_it_counts_within_the_call(time: Time, latency: float) -> None:
    window, counted = window_of(time, 19), deque[float]()
    for number in range(200):
        window.take()
        sent = time.now
        time.sleep(latency)
        # Sooner or later within the call, and never the same.
        counted.append(sent + latency * (number % 7) / 6)
        window.give_back()
        recent = [one for one in counted if one > counted[-1] - 10.0]
        assert len(recent) <= 19


def test_calls_of_others_are_taken_off_and_not_twice(time: Time) -> None:
    window = window_of(time, 10)
    window.take()
    window.give_back()
    window.learn(10, 4)
    window.learn(10, 4)
    for _ in range(4):
        window.take()
        window.give_back()
    assert time.now == 100.0
    window.take()
    assert time.now == pytest.approx(110.0)


def test_an_answer_that_says_how_large_the_window_is_opens_it(time: Time) -> None:
    window = window_of(time, 1)
    window.take()
    window.give_back()
    window.learn(190, 189)
    for _ in range(189):
        window.take()
        window.give_back()
    assert time.now == 100.0


def test_a_refusal_waits_for_a_whole_window(time: Time) -> None:
    window = window_of(time, 190)
    window.take()
    window.give_back()
    window.fill()
    window.take()
    assert time.now == pytest.approx(110.0)
