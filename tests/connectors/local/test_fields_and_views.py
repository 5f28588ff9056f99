"""Fields and saved views of the embedded CRM, beyond the contract."""

from dataclasses import replace

import pytest

from connectors.errors import SchemaError, UsageError
from connectors.local.connector import LocalConnector
from connectors.local.views import SavedView
from connectors.model import (
    CANONICAL_SCHEMAS,
    FieldAction,
    FieldSpec,
    FieldType,
    FieldWrite,
    ListSpec,
    ObjectKind,
    Option,
)
from tests.connectors.local.making import ACCOUNT, DAY, accounts, managed_specs

PICKLIST = next(spec for spec in managed_specs() if spec.type is FieldType.PICKLIST)
TEXT = next(spec for spec in managed_specs() if spec.type is FieldType.TEXT)


@pytest.mark.parametrize("kind", ObjectKind)
def test_every_object_describes_its_canonical_fields(crm: LocalConnector, kind: ObjectKind) -> None:
    described = [spec.name for spec in crm.describe(kind).fields]
    assert described == [name for name in CANONICAL_SCHEMAS[kind].names if not name.endswith("_number")]
    assert not any(spec.is_custom or spec.is_managed for spec in crm.describe(kind).fields)


def test_labels_read_as_words(crm: LocalConnector) -> None:
    labels = {spec.name: spec.label for spec in crm.describe(ObjectKind.CONTACT).fields}
    assert labels["email_opens_90d"] == "Email opens in 90 days"
    assert labels["account_id"] == "Account ID"
    assert crm.describe(ObjectKind.LINE_ITEM).label_plural == "Line items"


def test_field_names_join_stem_and_part(crm: LocalConnector) -> None:
    assert crm.field_name("crm_segment") == "crm_segment"
    assert crm.field_name("crm_segment", "reason") == "crm_segment_reason"


def test_everything_that_was_asked_for_is_described(crm: LocalConnector) -> None:
    specs = managed_specs()
    crm.ensure_fields(ACCOUNT, specs)
    assert [crm.describe(ACCOUNT).field(spec.name) for spec in specs] == specs
    assert crm.describe(ObjectKind.LEAD).field(specs[0].name) is None


def test_one_field_in_the_way_stops_all_of_them(crm: LocalConnector) -> None:
    crm.load(accounts({"our_boolean": "yes"}), as_of=DAY)
    with pytest.raises(SchemaError, match="our_boolean") as caught:
        crm.ensure_fields(ACCOUNT, managed_specs())
    assert caught.value.code == "schema.field.foreign"
    assert crm.describe(ACCOUNT).field("our_text") is None


def test_built_in_fields_are_not_taken_over(crm: LocalConnector) -> None:
    with pytest.raises(SchemaError, match="industry") as caught:
        crm.ensure_fields(ACCOUNT, [replace(TEXT, name="industry")])
    assert caught.value.code == "schema.field.foreign"


@pytest.mark.parametrize("max_length", [None, 256])
def test_our_text_fields_have_at_most_255_characters(crm: LocalConnector, max_length: int | None) -> None:
    with pytest.raises(SchemaError, match="255") as caught:
        crm.ensure_fields(ACCOUNT, [replace(TEXT, max_length=max_length)])
    assert caught.value.hint


def test_a_field_without_an_installation_is_refused(crm: LocalConnector) -> None:
    with pytest.raises(UsageError, match="installation"):
        crm.ensure_fields(ACCOUNT, [FieldSpec("crm_segment", "Segment", FieldType.DATE)])


def test_options_keep_their_order_and_new_ones_follow(crm: LocalConnector) -> None:
    crm.ensure_fields(ACCOUNT, [PICKLIST])
    first = Option("first", "First")
    wanted = replace(PICKLIST, options=(first, *PICKLIST.options))
    (change,) = crm.ensure_fields(ACCOUNT, [wanted])
    assert (change.action, change.options) == (FieldAction.ADD_OPTIONS, (first,))
    found = crm.describe(ACCOUNT).field(PICKLIST.name)
    assert found is not None
    assert found.options == (*PICKLIST.options, first)
    # The order of options is nobody's wish: it alone is no reason for a change.
    assert crm.ensure_fields(ACCOUNT, [wanted])[0].action is FieldAction.NONE


def spec_of_list(key: str, title: str, value: str = "big") -> ListSpec:
    return ListSpec(key, title, ACCOUNT, PICKLIST.name, value)


def test_views_count_the_records_they_show(crm: LocalConnector) -> None:
    crm.load(accounts({}, {}, {}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, [PICKLIST])
    batch = [FieldWrite(record, {PICKLIST.name: "big"}) for record in ("a1", "a2", "a3")]
    crm.write(ACCOUNT, batch, request_id="r1")
    crm.delete(ACCOUNT, ["a3"])
    crm.ensure_lists(
        [spec_of_list("customers.big", "Big ones"), spec_of_list("customers.small", "S", "small")]
    )
    crm.save_view("By hand", ACCOUNT, "country", "US")
    assert crm.views() == (
        SavedView("Big ones", ACCOUNT, PICKLIST.name, "big", "customers.big", 2),
        SavedView("S", ACCOUNT, PICKLIST.name, "small", "customers.small", 0),
        SavedView("By hand", ACCOUNT, "country", "US", None, 0),
    )


def test_a_view_of_a_field_that_is_not_there_is_refused(crm: LocalConnector) -> None:
    with pytest.raises(SchemaError, match=PICKLIST.name):
        crm.ensure_lists([spec_of_list("customers.big", "Big ones")])
    with pytest.raises(SchemaError, match="nobody"):
        crm.save_view("By hand", ACCOUNT, "nobody", "x")
    assert crm.views() == ()


def test_a_key_that_shows_something_else_stops_all_lists(crm: LocalConnector) -> None:
    crm.ensure_fields(ACCOUNT, [PICKLIST, TEXT])
    crm.ensure_lists([spec_of_list("big", "Big ones")])
    other = ListSpec("big", "Others", ACCOUNT, TEXT.name, "big")
    with pytest.raises(SchemaError, match="Big ones") as caught:
        crm.ensure_lists([spec_of_list("new", "New"), other])
    assert caught.value.hint
    assert [view.title for view in crm.views()] == ["Big ones"]
