"""Guards: what must be true of a plan before anything of it is written. Pure."""

from dataclasses import dataclass

from sync.config import SyncSettings
from sync.plan import GuardStop

__all__ = ["FeatureShift", "PlanFacts", "check_guards"]


@dataclass(frozen=True, slots=True)
class FeatureShift:
    """How far one feature moved since the last applied run."""

    title: str
    share: float
    """Smallest share of the records whose value must differ."""


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The numbers that guards look at."""

    in_scope_count: int
    """Records that this pull brought and that are in scope."""
    carrying_count: int
    """Of those, how many carry a segment in the CRM."""
    replaced_count: int
    """Of those, how many would get another one."""
    last_in_scope_count: int | None
    """Records in scope at the last applied run; None before the first."""
    approved_moves: int = 0
    """Moves that a person approved with a refit; they do not count."""
    shifts: tuple[FeatureShift, ...] = ()
    """How far features moved since the last applied run, the farthest first."""


def check_guards(facts: PlanFacts, settings: SyncSettings, plan_id: str) -> tuple[GuardStop, ...]:
    """The guards that these facts trip, each with what to look at and how to approve this one plan."""
    stops = [
        _check_shrunken(facts, settings),
        _check_shifted(facts, settings),
        _check_changed(facts, settings),
    ]
    approve = f"Look at the plan; if it is right: crm-segments approve {plan_id} --apply"
    return tuple(GuardStop(stop[0], stop[1], f"{stop[2]} {approve}") for stop in stops if stop)


def _check_changed(facts: PlanFacts, settings: SyncSettings) -> tuple[str, str, str] | None:
    replaced = facts.replaced_count - facts.approved_moves
    if facts.carrying_count == 0 or replaced < settings.min_changed_records:
        return None
    share = replaced / facts.carrying_count
    if share <= settings.max_changed_share:
        return None
    return (
        "guard.changed_share",
        (
            f"{replaced:,} of {facts.carrying_count:,} records that carry a segment ({share:.0%}) would "
            f"change it; the guard stops above {settings.max_changed_share:.0%} "
            "(max_changed_share under [sync])."
        ),
        "Did an import, a bulk edit or a currency rate change many records at once?",
    )


def _check_shifted(facts: PlanFacts, settings: SyncSettings) -> tuple[str, str, str] | None:
    """A shock: so many values differ at once that the cause is rather in the data than in the customers."""
    over = [shift for shift in facts.shifts if shift.share > settings.max_shift_share]
    if not over or not facts.replaced_count:
        return None
    named = ", ".join(f"{shift.title} ({shift.share:.0%})" for shift in over[:3])
    more = f" and {len(over) - 3} more" if len(over) > 3 else ""
    return (
        "guard.shifted_features",
        (
            f"Many records changed at once since the last run: {named}{more} have another value in "
            f"so many of them; the guard stops above {settings.max_shift_share:.0%} "
            "(max_shift_share under [sync])."
        ),
        "Did an import, a mail tool, a currency rate or a permission change? Every record keeps its segment.",
    )


def _check_shrunken(facts: PlanFacts, settings: SyncSettings) -> tuple[str, str, str] | None:
    before = facts.last_in_scope_count
    if not before:
        return None
    lost = before - facts.in_scope_count
    if lost / before <= settings.max_shrink_share:
        return None
    return (
        "guard.shrunken_pull",
        (
            f"Only {facts.in_scope_count:,} records are in scope, {lost / before:.0%} fewer than the "
            f"{before:,} of the last run; the guard stops above {settings.max_shrink_share:.0%} "
            "(max_shrink_share under [sync])."
        ),
        "Did a permission change, an import fail half-way, or `where` become narrower?",
    )
