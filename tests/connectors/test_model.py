"""Values that cross between connectors and engines."""

from dataclasses import replace

import pytest

from connectors.errors import CrmSegmentsError, UnavailableError
from connectors.model import (
    CANONICAL_SCHEMAS,
    ConnectionIdentity,
    FieldSpec,
    FieldType,
    Finding,
    ObjectDescription,
    ObjectKind,
    Option,
    Severity,
    id_column,
)

SIZE = FieldSpec("size", "Size", FieldType.PICKLIST, options=(Option("big", "Big"),))
NOTE = FieldSpec("note", "Note", FieldType.TEXT, max_length=255, installation_id="i")
DESCRIPTION = ObjectDescription(ObjectKind.ACCOUNT, "Account", "Accounts", (SIZE, NOTE))


def test_every_object_has_an_id_and_two_times() -> None:
    for kind in ObjectKind:
        names = CANONICAL_SCHEMAS[kind].names
        assert names[0] == id_column(kind) == f"{kind.value}_id"
        assert names[-2:] == ["created_at", "modified_at"]
        assert not CANONICAL_SCHEMAS[kind].field(id_column(kind)).nullable


def test_fields_are_found_by_name() -> None:
    assert DESCRIPTION.field("note") is NOTE
    assert DESCRIPTION.field("nobody") is None
    assert (NOTE.is_managed, SIZE.is_managed) == (True, False)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SIZE, options=(Option("big", "Giants"), Option("small", "Small"))),
        replace(SIZE, label="Dimension", description="New words."),
    ],
    ids=["options", "words"],
)
def test_a_fingerprint_stays_when_a_plan_itself_changes_a_field(changed: FieldSpec) -> None:
    other = replace(DESCRIPTION, fields=(NOTE, changed))
    assert other.fingerprint(("size", "note")) == DESCRIPTION.fingerprint(("note", "size"))


@pytest.mark.parametrize(
    "fields", [(NOTE,), (NOTE, replace(SIZE, type=FieldType.TEXT))], ids=["missing", "retyped"]
)
def test_a_fingerprint_moves_when_a_field_is_missing_or_retyped(fields: tuple[FieldSpec, ...]) -> None:
    other = replace(DESCRIPTION, fields=fields)
    assert other.fingerprint(("size", "note")) != DESCRIPTION.fingerprint(("size", "note"))
    assert other.fingerprint(("note",)) == DESCRIPTION.fingerprint(("note",))


def test_a_connection_is_known_by_crm_and_account() -> None:
    assert ConnectionIdentity("local", "1f0c", "crm.db").connection_id == "local:1f0c"


def test_a_finding_becomes_plain_values() -> None:
    finding = Finding("The file is whole.", Severity.OK, details={"records": 3})
    assert finding.as_dict() == {
        "what": "The file is whole.",
        "severity": "ok",
        "hint": "",
        "details": {"records": 3},
    }


def test_errors_carry_what_scripts_need() -> None:
    plain = CrmSegmentsError("It failed.", hint="Do this.")
    assert (str(plain), plain.code, plain.exit_code, plain.details) == ("It failed.", "failed", 1, {})
    busy = UnavailableError("Busy.", hint="Wait.", code="local.file.busy", details={"n": 1}, retry_after=2.0)
    assert (busy.code, busy.exit_code, busy.retry_after, busy.details) == (
        "local.file.busy",
        75,
        2.0,
        {"n": 1},
    )
