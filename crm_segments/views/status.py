"""How things stand: the last runs, what waits, and for whom."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from crm_segments.views.held import held_sentences
from crm_segments.views.history import run_document, run_sentence
from crm_segments.views.segments import segment_documents, show_segments
from crm_segments.views.text import bullet, counted, heading, moment, say, short_id, to_do_next, visible

if TYPE_CHECKING:
    from sync import Status

__all__ = ["StatusView"]


@dataclass(frozen=True, slots=True)
class StatusView:
    """The state of one connection."""

    status: "Status"

    def human(self, console: Console) -> None:
        """Last runs, segments, and whatever needs somebody."""
        status = self.status
        say(console, f"CRM: {visible(status.connection_label)}", "bold")
        if status.last_run is None:
            say(console, "Nothing has been run here yet.")
        else:
            say(console, f"Last run: {moment(status.last_run.started_at)}, {run_sentence(status.last_run)}")
        if status.last_good_run and status.last_run and status.last_good_run != status.last_run:
            say(console, f"Last that was complete: {moment(status.last_good_run.started_at)}")
        show_segments(console, status.segments, sentences=False)
        waiting = self._waiting()
        heading(console, "Waiting" if waiting else "Nothing waits.")
        for sentence, _ in waiting:
            bullet(console, sentence)
        commands = [command for _, command in waiting if command]
        default = "crm-segments plan" if status.last_run is None else "crm-segments run"
        to_do_next(console, *(dict.fromkeys(commands) or [default]))

    def _waiting(self) -> list[tuple[str, str]]:
        status, found = self.status, []
        if status.unfinished_run:
            when = moment(status.unfinished_run.started_at)
            found.append((f"A run that began {when} is not finished; the next goes on.", "crm-segments run"))
        for stored in status.open_plans:
            plan_id = short_id(stored.plan.plan_id)
            if stored.is_applyable:
                sentence = f"Plan {plan_id} ({stored.status.value}) can be applied."
                found.append((sentence, f"crm-segments apply {plan_id}"))
            else:
                sentence = f"Plan {plan_id} was stopped by a guard and needs approval."
                found.append((sentence, f"crm-segments approve {plan_id}"))
        if status.waiting_refit:
            proposal = status.waiting_refit
            if proposal.status == "approved":
                found.append(("New segments are approved; the next plan carries them.", "crm-segments plan"))
            else:
                sentence = "New segments wait for a decision; crm-segments refit makes and shows them anew."
                found.append((sentence, "crm-segments refit approve"))
        if status.held_count:
            objects = {each.object for each in status.held}
            noun = objects.pop() if len(objects) == 1 else "record"
            sentences = held_sentences(status.held_count, noun, [each.record_id for each in status.held])
            found.append((" ".join(sentences), "crm-segments plan --csv held.csv"))
        if status.rejected_count:
            number = counted(status.rejected_count, "record")
            found.append((f"{number} rejected by the CRM; tried again after 7 days.", ""))
        return found

    def document(self) -> dict[str, object]:
        """All of it."""
        status = self.status
        runs = {
            "last_run": status.last_run,
            "last_good_run": status.last_good_run,
            "unfinished_run": status.unfinished_run,
        }
        return {
            "connection": status.connection_label,
            **{name: run_document(run) if run else None for name, run in runs.items()},
            "open_plans": [
                {"plan_id": one.plan.plan_id, "status": one.status.value, "can_be_applied": one.is_applyable}
                for one in status.open_plans
            ],
            "segments": segment_documents(status.segments),
            "held": status.held_count,
            "held_records": [asdict(each) for each in status.held],
            "rejected": status.rejected_count,
            "waiting_refit": asdict(status.waiting_refit) if status.waiting_refit else None,
        }
