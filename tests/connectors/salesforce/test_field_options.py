"""Options of our picklists: added and relabelled in one step, never lost, told apart as Salesforce does."""

import json

import pytest

from connectors.errors import SchemaError
from connectors.model import FieldChange, ObjectKind, Option
from crm_segments.sandbox.salesforce import PicklistOption
from crm_segments.sandbox.salesforce.custom_fields import add_option
from tests.connectors.salesforce.setup import KEY, OURS, actions, changing, options_of, with_options
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


def ensure(world: SalesforceWorld, *options: tuple[str, str]) -> FieldChange:
    """Make the picklist have these options, and prove that doing it again does nothing."""
    (change,) = world.connector.ensure_fields(ACCOUNT, [with_options(*options)])
    before = len(world.emulator.wire.requests())
    (again,) = world.connector.ensure_fields(ACCOUNT, [with_options(*options)])
    assert again.action == "none"
    assert changing(world, before) == []
    return change


def deactivate(world: SalesforceWorld, *values: str) -> None:
    """An administrator deactivates options."""
    (row,) = world.org.store.table("CustomField").values()
    path = f"tooling/sobjects/CustomField/{row['Id']}"
    metadata = world.http("GET", path).json()["Metadata"]
    for one in metadata["valueSet"]["valueSetDefinition"]["value"]:
        if one.get("fullName", one.get("valueName")) in values:
            one["isActive"] = False
    assert world.http("PATCH", path, json={"Metadata": metadata}).status_code == 204


@pytest.mark.parametrize("deactivates", [True, False])
@pytest.mark.parametrize("as_value_name", [True, False])
def test_pain_15_nothing_is_lost_when_options_are_added(
    salesforce: SalesforceWorld, *, deactivates: bool, as_value_name: bool
) -> None:
    """Whatever Salesforce does with options that are left out, and however it names them: none is."""
    beliefs = salesforce.org.settings.beliefs
    beliefs.left_out_options_are_deactivated = deactivates
    beliefs.options_are_read_as_value_name = as_value_name
    ensure(salesforce, ("big", "Big"), ("small", "Small"), ("gone", "Gone quiet"))
    add_option(salesforce.org, "Account", KEY, PicklistOption("by_hand", "By hand"))
    deactivate(salesforce, "gone")
    change = ensure(salesforce, ("big", "Giants"), ("new", "New ones"))
    assert change.options == (Option("big", "Giants"), Option("new", "New ones"))
    assert options_of(salesforce) == {
        "big": ("Giants", True),
        "small": ("Small", True),
        "gone": ("Gone quiet", False),
        "by_hand": ("By hand", True),
        "new": ("New ones", True),
    }


def test_a_wanted_option_that_was_deactivated_is_active_again(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("big", "Big"), ("small", "Small"))
    deactivate(salesforce, "small")
    assert ensure(salesforce, ("big", "Big"), ("small", "Small")).options == (Option("small", "Small"),)
    assert options_of(salesforce)["small"] == ("Small", True)


def test_two_segments_exchange_their_titles(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("a", "Large"), ("b", "Small"))
    ensure(salesforce, ("a", "Small"), ("b", "Large"))
    assert options_of(salesforce) == {"a": ("Small", True), "b": ("Large", True)}


def test_a_title_that_an_old_option_has_gets_a_number(salesforce: SalesforceWorld) -> None:
    """A new segment may have the title of a retired one, whose option stays: records may still hold it."""
    ensure(salesforce, ("big", "Enterprise"))
    ensure(salesforce, ("big_2", "Enterprise"))
    assert options_of(salesforce) == {"big": ("Enterprise", True), "big_2": ("Enterprise (2)", True)}
    ensure(salesforce, ("big_3", "enterprise"))
    assert options_of(salesforce)["big_3"] == ("enterprise (3)", True)


def test_a_title_that_an_inactive_option_has_gets_a_number_too(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("big", "Enterprise"), ("small", "Small"))
    deactivate(salesforce, "big")
    ensure(salesforce, ("big_2", "Enterprise"))
    assert options_of(salesforce)["big_2"] == ("Enterprise (2)", True)


def test_titles_that_differ_by_case_only_are_told_apart(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("a", "Growing"), ("b", "GROWING"))
    assert options_of(salesforce) == {"a": ("Growing", True), "b": ("GROWING (2)", True)}


def test_a_title_may_change_the_case_of_its_letters(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("a", "Mid-Size"))
    assert ensure(salesforce, ("a", "Mid-size")).options == (Option("a", "Mid-size"),)


def test_an_option_that_differs_from_ours_by_case_only_is_refused(salesforce: SalesforceWorld) -> None:
    """Salesforce would take our key for it, and give it back in its own spelling for ever."""
    ensure(salesforce, ("big", "Big"))
    add_option(salesforce.org, "Account", KEY, PicklistOption("SMALL", "Small by hand"))
    with pytest.raises(SchemaError, match="SMALL") as caught:
        salesforce.connector.ensure_fields(ACCOUNT, [with_options(("big", "Big"), ("small", "Small"))])
    assert "Values" in caught.value.hint


def test_the_longest_labels_fit_also_where_they_are_alike(salesforce: SalesforceWorld) -> None:
    long = "x" * 255
    ensure(salesforce, ("a", long))
    ensure(salesforce, ("b", long))
    assert options_of(salesforce)["b"] == (f"{'x' * 251} (2)", True)


@pytest.mark.parametrize(
    "label", ["Groß & klein", 'O\'Neill "Bob"', "大企業", "<b>Big</b>", "a,b;c", "{0} %s"]
)
def test_labels_of_every_kind_come_back_as_they_were(salesforce: SalesforceWorld, label: str) -> None:
    ensure(salesforce, ("a", label))
    found = salesforce.connector.describe(ACCOUNT).field(KEY)
    assert found is not None
    assert found.options == (Option("a", label),)


def test_a_thousand_options_fit_and_one_more_does_not(salesforce: SalesforceWorld) -> None:
    many = [(f"key_{number}", f"Title {number}") for number in range(1_000)]
    ensure(salesforce, *many)
    before = len(salesforce.emulator.wire.requests())
    with pytest.raises(SchemaError, match="1,001") as caught:
        salesforce.connector.ensure_fields(ACCOUNT, [with_options(*many, ("last", "Last"))], dry_run=True)
    assert caught.value.code == "salesforce.field.options"
    assert changing(salesforce, before) == []


def test_a_field_that_was_given_a_global_value_set_is_refused(salesforce: SalesforceWorld) -> None:
    ensure(salesforce, ("a", "A"))
    (row,) = salesforce.org.store.table("CustomField").values()
    mark = f"[crm-segments {OURS}]"
    metadata = {"type": "Picklist", "inlineHelpText": mark, "valueSet": {"valueSetName": "All"}}
    values = {"MetadataText": json.dumps(metadata)}
    salesforce.org.store.update(str(row["Id"]), values, salesforce.org.admin_id)
    with pytest.raises(SchemaError, match="global value set"):
        salesforce.connector.ensure_fields(ACCOUNT, [with_options(("a", "A"), ("b", "B"))])


def test_what_else_was_set_on_the_field_stays(salesforce: SalesforceWorld) -> None:
    """An administrator's own description of the field, say, is sent back as it was read."""
    ensure(salesforce, ("a", "A"))
    (row,) = salesforce.org.store.table("CustomField").values()
    path = f"tooling/sobjects/CustomField/{row['Id']}"
    metadata = salesforce.http("GET", path).json()["Metadata"]
    salesforce.http("PATCH", path, json={"Metadata": {**metadata, "trackHistory": True, "label": "Segment"}})
    assert actions([ensure(salesforce, ("a", "A"), ("b", "B"))]) == ["add_options"]
    found = salesforce.http("GET", path).json()["Metadata"]
    assert (found["trackHistory"], found["label"]) == (True, "Segment")


def test_labels_in_the_users_language_are_no_reason_to_change_anything(salesforce: SalesforceWorld) -> None:
    """Descriptions show translations; what the field has is what the Tooling API says."""
    salesforce.org.settings.translated_labels["Big"] = "Große"
    ensure(salesforce, ("big", "Big"))
    assert ensure(salesforce, ("big", "Big"), ("new", "New")).options == (Option("new", "New"),)
    assert options_of(salesforce)["big"] == ("Big", True)
