"""Pins on screen: which record is kept where, why, by whom, until when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from crm_segments.views.text import counted, day, moment, paragraph, say, to_do_next, visible

if TYPE_CHECKING:
    from sync import PinnedRecord

__all__ = ["PinView", "PinsView", "UnpinnedView"]


def _show_pin(console: Console, pin: "PinnedRecord") -> None:
    line = Text(visible(pin.name), style="bold")
    if pin.name != pin.record_id:
        line.append(f" ({visible(pin.record_id)})", style="not bold dim")
    line.append(" stays in ", style="not bold")
    line.append(visible(pin.segment_title), style="not bold cyan")
    line.append(f", {_end(pin)}", style="not bold yellow" if pin.has_ended else "not bold")
    say(console, line)
    paragraph(console, f"{visible(pin.reason)} ({visible(pin.actor)}, {moment(pin.pinned_at)})", style="dim")


def _end(pin: "PinnedRecord") -> str:
    if pin.until is None:
        return "without an end"
    return f"ended on {day(pin.until)}" if pin.has_ended else f"until {day(pin.until)}"


@dataclass(frozen=True, slots=True)
class PinView:
    """A pin that was just set."""

    pin: "PinnedRecord"

    def human(self, console: Console) -> None:
        """The pin, and what makes it visible in the CRM."""
        _show_pin(console, self.pin)
        say(console, "It holds from the next plan on. Plans that waited were put aside.")
        to_do_next(console, ("crm-segments plan", "show what would be written"))

    def document(self) -> dict[str, object]:
        """The pin."""
        return {"status": "complete", "pin": asdict(self.pin)}


@dataclass(frozen=True, slots=True)
class UnpinnedView:
    """A pin that was just taken away."""

    record_id: str

    def human(self, console: Console) -> None:
        """What decides now."""
        say(console, f"{visible(self.record_id)} is not pinned any more; rules and facts decide again.")
        to_do_next(console, ("crm-segments plan", "show what would be written"))

    def document(self) -> dict[str, object]:
        """Whose pin."""
        return {"status": "complete", "record_id": self.record_id}


@dataclass(frozen=True, slots=True)
class PinsView:
    """All pins."""

    pins: Sequence["PinnedRecord"]

    def human(self, console: Console) -> None:
        """One after the other; those that have ended stand out."""
        if not self.pins:
            say(console, "No record is pinned.")
            to_do_next(console, ("crm-segments pin add --help", "how to keep a record in a segment"))
            return
        say(console, f"{counted(len(self.pins), 'record')} pinned", "bold")
        console.print()
        for pin in self.pins:
            _show_pin(console, pin)
        to_do_next(console, ("crm-segments pin remove RECORD", "let rules and facts decide again"))

    def document(self) -> dict[str, object]:
        """The pins."""
        return {"pins": [asdict(pin) for pin in self.pins]}
