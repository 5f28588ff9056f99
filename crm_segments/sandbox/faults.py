"""What may go wrong between a client and an emulated CRM, and when.

A fault says what the client sees and, apart from that, whether the CRM carries the request out: a lost answer
and a refused request look alike from the outside and must not be treated alike.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crm_segments.sandbox.calls import Call, Reply

__all__ = [
    "Applied",
    "Fault",
    "FaultPlan",
    "Symptom",
    "answer_lost",
    "applied_late",
    "client_killed",
    "html_page",
    "mangled",
    "meanwhile",
    "redirected",
    "refused",
    "reset_before",
    "slow",
    "truncated",
]

MAINTENANCE_PAGE = (
    "<html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>"
)


class Applied(StrEnum):
    """Whether the request is carried out."""

    NEVER = "never"
    """Refused before anything happened."""
    FIRST = "first"
    """Carried out before the client sees anything."""
    LATER = "later"
    """Carried out after the client has given up, just before a later request."""


class Symptom(StrEnum):
    """What the client sees."""

    RESET = "reset"
    """The connection is reset without an answer."""
    TRUNCATED = "truncated"
    """The head of the answer and half of its body, then the end of the connection."""
    ANSWER = "answer"
    """A made answer instead of the real one."""
    MANGLED = "mangled"
    """The real answer, changed on its way."""
    SLOW = "slow"
    """The real answer, late."""
    KILLED = "killed"
    """The client itself is killed before the answer is sent."""
    KILLED_AFTER_ANSWER = "killed_after_answer"
    """The client itself is killed once the answer is on its way."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request."""

    symptom: Symptom
    applied: Applied = Applied.FIRST
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    later: int = 1
    """With `Applied.LATER`: how many requests later."""
    change: Callable[[Reply], Reply] | None = None
    """With `Symptom.MANGLED`: what becomes of the answer."""


def refused(status: int, *, retry_after: int | None = None, body: str = "", html: bool = False) -> Fault:
    """An error answer; nothing was carried out."""
    headers = {"Content-Type": "text/html;charset=UTF-8" if html else "application/json;charset=UTF-8"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Fault(Symptom.ANSWER, Applied.NEVER, status, headers, body)


def reset_before() -> Fault:
    """The connection is reset and nothing was carried out."""
    return Fault(Symptom.RESET, Applied.NEVER)


def answer_lost() -> Fault:
    """The request was carried out and its answer never arrives."""
    return Fault(Symptom.RESET, Applied.FIRST)


def applied_late(*, later: int = 1) -> Fault:
    """The connection is reset, and the request is carried out all the same, some requests later."""
    return Fault(Symptom.RESET, Applied.LATER, later=later)


def truncated() -> Fault:
    """The request was carried out and half of its answer arrives."""
    return Fault(Symptom.TRUNCATED, Applied.FIRST)


def html_page(status: int = 200, *, applied: bool = False) -> Fault:
    """A maintenance page instead of an answer; by default with the status of success."""
    headers = {"Content-Type": "text/html;charset=UTF-8"}
    return Fault(
        Symptom.ANSWER, Applied.FIRST if applied else Applied.NEVER, status, headers, MAINTENANCE_PAGE
    )


def redirected(location: str, status: int = 302) -> Fault:
    """The client is sent elsewhere; nothing was carried out."""
    return Fault(Symptom.ANSWER, Applied.NEVER, status, {"Location": location})


def mangled(change: Callable[[Reply], Reply]) -> Fault:
    """The request was carried out, and its answer is changed: cut short, repeated, pointing away."""
    return Fault(Symptom.MANGLED, Applied.FIRST, change=change)


def meanwhile(action: Callable[[], object]) -> Fault:
    """Nothing goes wrong with the request; something happens in the CRM before the next one."""

    def act(reply: Reply) -> Reply:
        action()
        return reply

    return mangled(act)


def slow(seconds: float) -> Fault:
    """The real answer, late."""
    return Fault(Symptom.SLOW, Applied.FIRST, seconds=seconds)


def client_killed(*, applied: bool, answered: bool = False) -> Fault:
    """The client is killed: before the request is carried out, after it, or after its answer."""
    if answered:
        return Fault(Symptom.KILLED_AFTER_ANSWER, Applied.FIRST)
    return Fault(Symptom.KILLED, Applied.FIRST if applied else Applied.NEVER)


@dataclass(frozen=True, slots=True)
class _Rule:
    faults: Mapping[int, Fault]
    method: str | None
    path: re.Pattern[str]


class FaultPlan:
    """Which request gets which fault: by its position, or by chance that a seed repeats."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._seen: list[int] = []
        self._chance: random.Random | None = None
        self._share = 0.0
        self._menu: Sequence[Fault] = ()
        self._lottery_path = re.compile("")

    def at(
        self, positions: int | Iterable[int], fault: Fault, *, method: str | None = None, path: str = ""
    ) -> "FaultPlan":
        """Plans a fault for the first, second, ... request among those of this method and path.

        Args:
            positions: Counted from 1, among the requests that fit, from now on.
            fault: What goes wrong.
            method: Only requests of this method.
            path: Only paths in which this regular expression is found.

        Returns:
            The plan itself, so that calls can be chained.
        """
        wanted = [positions] if isinstance(positions, int) else positions
        self._rules.append(_Rule(dict.fromkeys(wanted, fault), method, re.compile(path)))
        self._seen.append(0)
        return self

    def by_chance(self, seed: int, share: float, menu: Sequence[Fault], *, path: str = "") -> "FaultPlan":
        """Plans faults for a share of the requests, drawn with this seed."""
        self._chance, self._share, self._menu = random.Random(seed), share, menu  # noqa: S311 (no secret)
        self._lottery_path = re.compile(path)
        return self

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._rules, self._seen, self._chance = [], [], None

    def fault_for(self, call: Call) -> Fault | None:
        """The fault of this request, if it gets one; each request must be asked about exactly once."""
        drawn = None
        for index, rule in enumerate(self._rules):
            if rule.method not in {None, call.method} or not rule.path.search(call.path):
                continue
            self._seen[index] += 1
            drawn = drawn or rule.faults.get(self._seen[index])
        return drawn or self._by_lot(call)

    def _by_lot(self, call: Call) -> Fault | None:
        if self._chance is None or not self._lottery_path.search(call.path):
            return None
        is_hit = self._chance.random() < self._share
        fault = self._chance.choice(self._menu)
        return fault if is_hit else None
