"""List views: ours follow the segments; those of others, and what people changed on ours, stay."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import AccessError, SchemaError
from connectors.model import FieldSpec, ListSpec, ObjectKind
from connectors.salesforce.names import list_view_name
from tests.connectors.salesforce.setup import KEY, TEXT, as_user, changing, wanted, with_options
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT
BIG = ListSpec("customers.big", "Big ones", ACCOUNT, KEY, "big")
SMALL = ListSpec("customers.small", "Small ones", ACCOUNT, KEY, "small")


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    """An org with our fields."""
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    return salesforce


def make(world: SalesforceWorld, *specs: ListSpec) -> list[str]:
    """Keep these list views, and prove that doing it again changes nothing."""
    done = [change.action for change in world.connector.ensure_lists(specs)]
    before = len(world.emulator.wire.requests())
    assert [change.action for change in world.connector.ensure_lists(specs)] == ["none"] * len(specs)
    assert changing(world, before) == []
    return done


def rename(world: SalesforceWorld, *options: tuple[str, str]) -> FieldSpec:
    """Segments get these titles in the field."""
    spec = with_options(*options)
    world.connector.ensure_fields(ACCOUNT, [spec])
    return spec


def shown(world: SalesforceWorld, spec: ListSpec) -> dict[str, Any]:
    """A list view as the org answers it."""
    answer = world.http("GET", f"ui-api/list-info/Account/{list_view_name(spec.key)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_hand(world: SalesforceWorld, name: str, label: str, **more: Any) -> None:
    """Somebody saves a list view."""
    body = {"listViewApiName": name, "label": label, "displayColumns": ["Name"], "visibility": "Public"}
    answer = world.http("POST", "ui-api/list-info/Account", json={**body, "filteredByInfo": [], **more})
    assert answer.status_code == 201, answer.text


def test_a_list_view_shows_its_segment_with_useful_columns(world: SalesforceWorld) -> None:
    assert make(world, BIG, SMALL) == ["create", "create"]
    found = shown(world, BIG)
    assert found["label"] == "Big ones"
    assert found["visibility"] == "Public"
    (one,) = found["filteredByInfo"]
    assert (one["fieldApiName"], one["operator"], one["operandLabels"]) == (KEY, "Equals", ["Big ones"])
    columns = [column["fieldApiName"] for column in found["displayColumns"]]
    assert columns[:2] == ["Name", "Industry"]
    assert {KEY, TEXT, "Owner.Alias"} <= set(columns)


def test_a_new_title_changes_label_and_filter(world: SalesforceWorld) -> None:
    """Salesforce filters by label: a filter on the old one would show nothing."""
    make(world, BIG)
    rename(world, ("big", "Giants"), ("small", "Small ones"))
    assert make(world, replace(BIG, title="Giants")) == ["rename"]
    assert shown(world, BIG)["label"] == "Giants"
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == ["Giants"]


def test_segments_that_exchange_their_titles_keep_their_list_views(world: SalesforceWorld) -> None:
    make(world, BIG, SMALL)
    rename(world, ("big", "Small ones"), ("small", "Big ones"))
    assert make(world, replace(BIG, title="Small ones"), replace(SMALL, title="Big ones")) == ["rename"] * 2
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == ["Small ones"]


def test_an_option_with_a_number_is_filtered_by_its_real_label(world: SalesforceWorld) -> None:
    rename(world, ("huge", "Big ones"))
    make(world, replace(BIG, value="huge"))
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == ["Big ones (2)"]


def test_what_people_changed_on_our_list_views_stays(world: SalesforceWorld) -> None:
    make(world, BIG)
    path = f"ui-api/list-info/Account/{list_view_name(BIG.key)}"
    kept = [{"fieldApiName": KEY, "operandLabels": ["Big ones"], "operator": "Equals"}]
    more = {"fieldApiName": "Industry", "operandLabels": ["Banking"], "operator": "Equals"}
    changes = {
        "displayColumns": ["Name", "Site"],
        "filteredByInfo": [more, *kept],
        "filterLogicString": "1 AND 2",
    }
    assert world.http("PATCH", path, json=changes).status_code == 200
    rename(world, ("big", "Giants"), ("small", "Small ones"))
    make(world, replace(BIG, title="Giants"))
    found = shown(world, BIG)
    assert [one["fieldApiName"] for one in found["displayColumns"]] == ["Name", "Site"]
    assert [one["operandLabels"] for one in found["filteredByInfo"]] == [["Banking"], ["Giants"]]
    assert found["filterLogicString"] == "1 AND 2"


def test_a_label_that_somebody_elses_list_view_has_is_told_apart(world: SalesforceWorld) -> None:
    by_hand(world, "Theirs", "BIG ONES")
    make(world, BIG)
    assert shown(world, BIG)["label"] == "Segment: Big ones"
    by_hand(world, "Theirs_too", "Segment: Small ones")
    by_hand(world, "Theirs_as_well", "Small ones")
    make(world, BIG, SMALL)
    assert shown(world, SMALL)["label"] == "Segment: Small ones (2)"
    assert world.http("GET", "ui-api/list-info/Account/Theirs").json()["label"] == "BIG ONES"


def test_the_longest_titles_fit_into_a_label(world: SalesforceWorld) -> None:
    title = "A segment title of 28 chars."
    rename(world, ("big", title), ("small", "Small ones"))
    by_hand(world, "Theirs", title)
    by_hand(world, "Theirs_too", f"Segment: {title}")
    make(world, replace(BIG, title=title))
    label = shown(world, BIG)["label"]
    assert len(label) <= 40
    assert label.endswith("(2)")
    assert make(world, replace(BIG, title="x" * 60)) == ["rename"]


@pytest.mark.parametrize(
    "filters",
    [
        [],
        [{"fieldApiName": "Industry", "operandLabels": ["Banking"], "operator": "Equals"}],
        [{"fieldApiName": KEY, "operandLabels": ["Big ones"], "operator": "NotEqual"}],
    ],
    ids=["no filter", "another field", "another operator"],
)
def test_a_list_view_of_our_name_that_shows_something_else_is_refused(
    world: SalesforceWorld, filters: list[Any]
) -> None:
    by_hand(world, list_view_name(BIG.key), "Mine", filteredByInfo=filters)
    before = len(world.emulator.wire.requests())
    for dry_run in (True, False):
        with pytest.raises(SchemaError, match=list_view_name(BIG.key)) as caught:
            world.connector.ensure_lists([SMALL, BIG], dry_run=dry_run)
        assert "delete" in caught.value.hint
    assert changing(world, before) == []


def test_a_private_list_view_of_our_name_is_somebody_elses(world: SalesforceWorld) -> None:
    name = list_view_name(BIG.key)
    body = {"listViewApiName": name, "label": "Mine", "displayColumns": ["Name"], "visibility": "Private"}
    answer = world.http("POST", "ui-api/list-info/Account", user=world.org.admin_id, json=body)
    assert answer.status_code == 201, answer.text
    with pytest.raises(SchemaError, match="private"):
        world.connector.ensure_lists([BIG])


def test_list_views_for_oneself_only(world: SalesforceWorld) -> None:
    with world.open(list_visibility="me") as connector:
        connector.ensure_lists([BIG])
    assert shown(world, BIG)["visibility"] == "Private"


@pytest.mark.parametrize(
    ("visibility", "right"),
    [("everyone", "Manage Public List Views"), ("me", "Create and Customize List Views")],
)
def test_the_right_that_is_missing_is_named(world: SalesforceWorld, visibility: str, right: str) -> None:
    user = as_user(world, {"ViewSetup"}, list_visibility=visibility)
    show_to(world, user.user_id)
    with pytest.raises(AccessError, match=right) as caught:
        user.connector.ensure_lists([BIG])
    assert caught.value.exit_code == 4
    assert "System Permissions" in caught.value.hint


def show_to(world: SalesforceWorld, user: str) -> None:
    (set_id,) = (
        row["Id"]
        for row in world.org.store.table("PermissionSet").values()
        if row["Name"] == "CRM_Segments_Integration"
    )
    body = {"AssigneeId": user, "PermissionSetId": set_id}
    assert world.http("POST", "sobjects/PermissionSetAssignment", json=body).status_code == 201


def test_the_listed_right_is_enough(world: SalesforceWorld) -> None:
    """S15: managing public list views, and no right to set anything up."""
    user = as_user(world, {"EditPublicFilters", "CreateCustomizeFilters"})
    show_to(world, user.user_id)
    assert [change.action for change in user.connector.ensure_lists([BIG, SMALL])] == ["create", "create"]


def test_a_user_of_another_language_filters_by_its_labels(world: SalesforceWorld) -> None:
    world.org.settings.translated_labels["Big ones"] = "Große"
    with world.open() as connector:
        connector.ensure_lists([BIG])
        before = len(world.emulator.wire.requests())
        assert [change.action for change in connector.ensure_lists([BIG])] == ["none"]
    assert changing(world, before) == []
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == ["Große"]


@pytest.mark.parametrize("splits", [True, False])
@pytest.mark.parametrize("others", [(), (("l", "Large"), ("y", "loyal ones"))], ids=["alone", "with parts"])
@pytest.mark.parametrize("title", ["Large, loyal ones", 'The "big" ones', '"Big", and loyal'])
def test_titles_with_commas_and_quotes_are_one_value(
    world: SalesforceWorld, title: str, others: tuple[tuple[str, str], ...], *, splits: bool
) -> None:
    """Whether or not filters split values at commas, and also where the parts are titles themselves."""
    world.org.settings.beliefs.list_filters_split_at_commas = splits
    rename(world, ("big", title), ("small", "Small ones"), *others)
    assert make(world, replace(BIG, title=title), SMALL) == ["create", "create"]
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == [title]
    rename(world, ("big", f"{title}, now"), ("small", "Small ones"), *others)
    assert make(world, replace(BIG, title=f"{title}, now"), SMALL) == ["rename", "none"]
    assert shown(world, BIG)["filteredByInfo"][0]["operandLabels"] == [f"{title}, now"]


def test_two_keys_never_share_a_name() -> None:
    keys = [
        *("a.b_c", "a_b.c", "a.b__c", "a.B_c", "a_b_c", "a.b.c", "a__b.c"),
        *(f"customers.{'x' * 30}{number}" for number in range(3)),
    ]
    names = [list_view_name(key).lower() for key in keys]
    assert len(set(names)) == len(keys)
    assert all(len(name) <= 40 for name in names)
    assert list_view_name("customers.small_business") == "CRM_Segments_customers_small_business"
