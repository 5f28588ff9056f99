"""Contacts that inherit: each gets the segment of its account, with its reason, in the same fields."""

from collections.abc import Sequence
from datetime import date

import pyarrow.compute as pc

from connectors.model import ObjectKind
from segmentation.config import FollowingSettings
from segmentation.model import SegmentModel
from sync import ledger
from sync.fields import field_names
from sync.modelling import ChosenModel
from sync.placements import load_decided
from sync.plan import ASSIGNMENT_SCHEMA, Action
from sync.planning import Segmented, complete_plan, with_since
from sync.session import Session
from sync.snapshot import Snapshot
from sync.state import models
from sync.state.assignments import load_assignments
from sync.state.plans import StoredPlan

__all__ = ["make_following_plan"]

MAX_REASON_LENGTH = 255
_ANY_NUMBER = 10**9


def make_following_plan(
    session: Session, settings: FollowingSettings, snapshot: Snapshot, as_of: date, accounts: StoredPlan
) -> StoredPlan:
    """Plan for the contacts what a plan does for their accounts.

    A contact without an account, or whose account has no segment, is left untouched.

    Args:
        session: The connection under lock.
        settings: Whom the contacts follow.
        snapshot: What was read.
        as_of: The day of the plan.
        accounts: The accounts' plan, made in the same breath.

    Raises:
        SchemaError: A field of someone else is in the way.
    """
    contacts = snapshot.tables[ObjectKind.CONTACT]
    followed = accounts.plan.assignments
    rows = pc.index_in(contacts["account_id"], value_set=followed["record_id"].combine_chunks())
    has_segment = pc.is_valid(rows)
    found = followed.take(rows.filter(has_segment))
    ids = contacts["contact_id"].filter(has_segment)
    assigned = found.set_column(0, ASSIGNMENT_SCHEMA.field(0), ids).drop_columns(["since"])
    with session.ws.store.begin() as tx:
        current = load_assignments(tx, session.scope_id(settings, tx))
        owner_id = session.scope_id(settings.follows, tx)
        model = SegmentModel.from_json(models.get_model(tx, accounts.plan.head.model_id).body)
        decided = load_decided(tx, settings.follows, owner_id, model)
    owners = dict(zip(ids.to_pylist(), found["record_id"].to_pylist(), strict=True))
    texts = _account_reasons(session, settings, accounts)

    def reasons(wanted: Sequence[str], _keys: Sequence[str]) -> list[str]:
        return [_in_words(texts.get(owners[contact_id])) for contact_id in wanted]

    segmented = Segmented(
        chosen=_chosen(session, settings, accounts, model),
        decided=decided,
        table=with_since(assigned, current, as_of),
        reasons=reasons,
        notes=_notes(contacts.num_rows - len(ids)),
        guards=accounts.plan.head.guards,
    )
    return complete_plan(session, settings, snapshot, as_of, segmented)


def _account_reasons(session: Session, settings: FollowingSettings, accounts: StoredPlan) -> dict[str, str]:
    """Why each account is where it is, as the CRM says it or will say it."""
    with session.ws.store.begin() as tx:
        last = ledger.load_last_written(tx, session.scope_id(settings.follows, tx))
    told = dict(zip(last["record_id"].to_pylist(), last["reason"].to_pylist(), strict=True))
    for action in (Action.SET, Action.ADOPT, Action.WAIT):
        rows = accounts.plan.rows(action)
        told |= dict(zip(rows["record_id"].to_pylist(), rows["reason"].to_pylist(), strict=True))
    return {account_id: reason for account_id, reason in told.items() if reason}


def _in_words(reason: str | None) -> str:
    text = f"Its account: {reason}" if reason else "Follows its account"
    if len(text) <= MAX_REASON_LENGTH:
        return text
    cut = text[: MAX_REASON_LENGTH + 1].rfind("; ")
    return text[:cut] if cut > 0 else f"{text[: MAX_REASON_LENGTH - 1]}…"


def _chosen(
    session: Session, settings: FollowingSettings, accounts: StoredPlan, model: SegmentModel
) -> ChosenModel:
    """The accounts' segments; moves that the accounts make are judged there, and not once more here."""
    head = accounts.plan.head
    rows = accounts.plan.rows(Action.SET)
    moves = zip(rows["seen_key"].to_pylist(), rows["key"].to_pylist(), strict=True)
    return ChosenModel(
        model,
        head.model_id,
        head.base_model_id,
        is_new=head.model_id != head.base_model_id,
        approved_moves={(old, new): _ANY_NUMBER for old, new in moves if old and old != new},
        is_recovery=head.base_model_id is None and _has_own_field(session, settings),
    )


def _has_own_field(session: Session, settings: FollowingSettings) -> bool:
    """Whether the contacts' field was made by us: before the first segments, that means a lost state."""
    ws = session.ws
    description = ws.retry.call(lambda: ws.connector.describe(ObjectKind.CONTACT))
    found = description.field(field_names(ws.connector, settings.field)["key"])
    return found is not None and found.installation_id == session.installation_id


def _notes(left_alone: int) -> tuple[str, ...]:
    if not left_alone:
        return ()
    who = "1 contact has" if left_alone == 1 else f"{left_alone:,} contacts have"
    return (f"{who} no account with a segment; left alone.",)
