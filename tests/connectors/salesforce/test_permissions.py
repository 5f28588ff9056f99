"""Who sees our fields: the user that writes them, viewers, nobody else; with no more rights than needed."""

import pytest

from connectors.errors import AccessError, ConfigError
from connectors.model import FieldChange, ListSpec, ObjectKind, Severity
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.names import VIEWERS_SET, WRITERS_SET
from crm_segments.sandbox import FaultPlan, meanwhile
from crm_segments.sandbox.salesforce import ProfileRights, SalesforceEmulator
from tests.connectors.salesforce.setup import (
    KEY,
    SETUP_RIGHTS,
    TEXT,
    actions,
    as_user,
    changing,
    described,
    wanted,
    with_options,
)
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


def make(world: SalesforceWorld, connector: SalesforceConnector | None = None) -> list[FieldChange]:
    """Make our fields with this connector."""
    return (connector or world.connector).ensure_fields(ACCOUNT, wanted())


def granted(world: SalesforceWorld) -> dict[tuple[str, str], bool]:
    """Whether a set lets edit a field, by names of both."""
    names = {row["Id"]: str(row["Name"]) for row in world.org.store.table("PermissionSet").values()}
    return {
        (names[str(row["ParentId"])], str(row["Field"])): bool(row["PermissionsEdit"])
        for row in world.org.store.table("FieldPermissions").values()
    }


def holders(world: SalesforceWorld, set_name: str) -> set[str]:
    """Ids of the users who have a set."""
    ids = {row["Id"] for row in world.org.store.table("PermissionSet").values() if row["Name"] == set_name}
    rows = world.org.store.table("PermissionSetAssignment").values()
    return {str(row["AssigneeId"]) for row in rows if row["PermissionSetId"] in ids}


def add_viewer(world: SalesforceWorld, profile: str, name: str) -> str:
    return world.org.add_user(f"{name}@example.com", profile)


@pytest.fixture
def sales(salesforce: SalesforceWorld) -> str:
    """The profile of people in sales."""
    return salesforce.org.add_profile("Sales User", ProfileRights({"ApiEnabled"}))


def test_one_set_lets_edit_and_the_other_only_look(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    places = [f"Account.{spec.name}" for spec in wanted()]
    assert granted(salesforce) == {
        **{(WRITERS_SET, place): True for place in places},
        **{(VIEWERS_SET, place): False for place in places},
    }
    assert holders(salesforce, WRITERS_SET) == {salesforce.integration}
    assert holders(salesforce, VIEWERS_SET) == set()


def test_viewers_see_and_cannot_change(salesforce: SalesforceWorld, sales: str) -> None:
    viewer, stranger = add_viewer(salesforce, sales, "viewer"), salesforce.org.admin_id
    make(salesforce, salesforce.open(viewers=("Sales User",)))
    assert holders(salesforce, VIEWERS_SET) == {viewer}
    assert described(salesforce, viewer)[KEY]["updateable"] is False
    assert KEY not in described(salesforce, stranger)


def test_who_joins_later_sees_them_from_the_next_time_on(salesforce: SalesforceWorld, sales: str) -> None:
    connector = salesforce.open(viewers=("sales user",))
    make(salesforce, connector)
    viewer = add_viewer(salesforce, sales, "late")
    left = add_viewer(salesforce, sales, "left")
    salesforce.org.store.update(left, {"IsActive": False}, salesforce.org.admin_id)
    assert actions(connector.ensure_fields(ACCOUNT, wanted(), dry_run=True)) == ["grant"] * 3
    assert actions(make(salesforce, connector)) == ["grant"] * 3
    assert holders(salesforce, VIEWERS_SET) == {viewer}
    before = len(salesforce.emulator.wire.requests())
    assert actions(make(salesforce, connector)) == ["none"] * 3
    assert changing(salesforce, before) == []


def test_more_viewers_than_one_request_takes(salesforce: SalesforceWorld, sales: str) -> None:
    people = {add_viewer(salesforce, sales, f"viewer{number}") for number in range(205)}
    make(salesforce, salesforce.open(viewers=("Sales User",)))
    assert holders(salesforce, VIEWERS_SET) == people


def test_a_profile_that_is_not_there_is_named(salesforce: SalesforceWorld) -> None:
    with pytest.raises(ConfigError, match="Slaes User"):
        make(salesforce, salesforce.open(viewers=("Slaes User",)))
    assert salesforce.org.store.table("CustomField") == {}


def test_a_field_that_is_there_but_hidden_is_granted(salesforce: SalesforceWorld) -> None:
    """Pain 13: made, and yet "No such column"."""
    make(salesforce)
    for row in list(salesforce.org.store.table("PermissionSetAssignment").values()):
        salesforce.org.store.delete(str(row["Id"]), salesforce.org.admin_id)
    fresh = salesforce.open()
    assert actions(fresh.ensure_fields(ACCOUNT, wanted(), dry_run=True)) == ["grant"] * 3
    assert actions(make(salesforce, fresh)) == ["grant"] * 3
    assert described(salesforce)[KEY]["updateable"] is True


def test_a_field_that_is_seen_but_closed_is_opened(salesforce: SalesforceWorld) -> None:
    """Fault F17: somebody took the right to edit away."""
    make(salesforce)
    for row in salesforce.org.store.table("FieldPermissions").values():
        if row["Field"] == f"Account.{TEXT}":
            salesforce.org.store.update(str(row["Id"]), {"PermissionsEdit": False}, salesforce.org.admin_id)
    assert described(salesforce)[TEXT]["updateable"] is False
    assert actions(make(salesforce, salesforce.open())) == ["none", "grant", "none"]
    assert described(salesforce)[TEXT]["updateable"] is True


def test_what_somebody_else_gives_meanwhile_is_fine(salesforce: SalesforceWorld) -> None:
    """Between our look and our request an administrator gives the very same rights."""
    make(salesforce)
    store, taken = salesforce.org.store, []
    for table in ("FieldPermissions", "PermissionSetAssignment"):
        for row in list(store.table(table).values()):
            taken.append((table, {name: value for name, value in row.items() if name != "Id"}))
            store.delete(str(row["Id"]), salesforce.org.admin_id)

    def give_back() -> None:
        for table, values in taken:
            store.insert(table, values, salesforce.org.admin_id)

    fresh = salesforce.open()
    fresh.identify()
    # The fourth query is our last look: after it nothing is read before rights are given.
    faults = FaultPlan().at(4, meanwhile(give_back), method="GET", path="/query$")
    salesforce.emulator = salesforce.switchboard.emulator = SalesforceEmulator(salesforce.org, faults=faults)
    assert actions(make(salesforce, fresh)) == ["grant"] * 3
    assert len(store.table("FieldPermissions")) == 6
    assert len(store.table("PermissionSetAssignment")) == 1


def test_hidden_and_short_of_an_option_is_both_mended(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    for row in list(salesforce.org.store.table("PermissionSetAssignment").values()):
        salesforce.org.store.delete(str(row["Id"]), salesforce.org.admin_id)
    more = with_options(("big", "Big ones"), ("small", "Small ones"), ("new", "New"))
    assert actions(salesforce.open().ensure_fields(ACCOUNT, [more])) == ["add_options"]
    values = [one["value"] for one in described(salesforce)[KEY]["picklistValues"]]
    assert values == ["big", "small", "new"]


# S15 and S16: no more rights, and no more touched, than the page of permissions lists


def test_the_rights_that_the_page_lists_are_enough_to_run(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    runtime = as_user(salesforce, {"CreateCustomizeFilters", "EditPublicFilters"})
    salesforce.org.rights(runtime.user_id).objects = {"Account": frozenset({"Read", "Edit"})}
    assign(salesforce, runtime.user_id)
    assert actions(make(salesforce, runtime.connector)) == ["none"] * 3
    spec = ListSpec("customers.big", "Big ones", ACCOUNT, KEY, "big")
    assert [change.action for change in runtime.connector.ensure_lists([spec])] == ["create"]


def test_setting_up_touches_no_record_and_nothing_but_our_own(
    salesforce: SalesforceWorld, sales: str
) -> None:
    add_viewer(salesforce, sales, "viewer")
    account = salesforce.org.add("Account", {"Name": "A"})
    touches = salesforce.org.store.history.touches(account)
    before = described(salesforce, salesforce.org.admin_id)
    connector = salesforce.open(viewers=("Sales User",))
    make(salesforce, connector)
    connector.ensure_lists([ListSpec("customers.big", "Big ones", ACCOUNT, KEY, "big")])
    assert salesforce.org.store.history.touches(account) == touches
    assert described(salesforce, salesforce.org.admin_id) == before
    assert {path for _method, path in changing(salesforce)} == {
        *("tooling/sobjects/CustomField", "composite/sobjects", "ui-api/list-info/Account"),
    }
    assert {row["Name"] for row in salesforce.org.store.table("PermissionSet").values()} == {
        WRITERS_SET,
        VIEWERS_SET,
    }


def test_the_listed_rights_are_enough_to_set_up(salesforce: SalesforceWorld) -> None:
    admin = as_user(salesforce, SETUP_RIGHTS)
    assert actions(make(salesforce, admin.connector)) == ["create"] * 3
    assert actions(make(salesforce, admin.connector)) == ["none"] * 3


@pytest.mark.parametrize("lacking", sorted(SETUP_RIGHTS))
def test_each_right_that_is_lacking_ends_with_the_way_out(salesforce: SalesforceWorld, lacking: str) -> None:
    with pytest.raises(AccessError) as caught:
        make(salesforce, as_user(salesforce, SETUP_RIGHTS - {lacking}).connector)
    assert caught.value.exit_code == 4
    assert "Setup > Permission Sets" in caught.value.hint
    assert "fields export" in caught.value.hint
    # Somebody with the rights finishes what was begun.
    assert "none" in actions(make(salesforce)) or salesforce.org.store.table("FieldPermissions")
    assert actions(make(salesforce)) == ["none"] * 3


def test_without_any_setup_right_all_works_when_all_is_there(salesforce: SalesforceWorld, sales: str) -> None:
    make(salesforce)
    runtime = as_user(salesforce, (), viewers=("Sales User",))
    assign(salesforce, runtime.user_id)
    before = len(salesforce.emulator.wire.requests())
    assert actions(make(salesforce, runtime.connector)) == ["none"] * 3
    assert changing(salesforce, before) == []
    assert sales


def test_a_viewer_whom_nobody_may_help_stops_no_run(salesforce: SalesforceWorld, sales: str) -> None:
    """The weekly user may look into the setup but not assign anything: sales hires, and labels go on."""
    make(salesforce, salesforce.open(viewers=("Sales User",)))
    weekly = as_user(salesforce, {"ViewSetup"}, viewers=("Sales User",))
    assign(salesforce, weekly.user_id)
    add_viewer(salesforce, sales, "late")
    changes = make(salesforce, weekly.connector)
    assert actions(changes) == ["none"] * 3
    assert all("Not everybody in the profiles" in change.warnings[0] for change in changes)


def test_a_misspelt_profile_does_not_stop_who_may_not_look(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    runtime = as_user(salesforce, (), viewers=("Slaes User",))
    assign(salesforce, runtime.user_id)
    assert actions(make(salesforce, runtime.connector)) == ["none"] * 3


def assign(world: SalesforceWorld, user: str) -> None:
    (set_id,) = (
        row["Id"] for row in world.org.store.table("PermissionSet").values() if row["Name"] == WRITERS_SET
    )
    body = {"AssigneeId": user, "PermissionSetId": set_id}
    assert world.http("POST", "sobjects/PermissionSetAssignment", json=body).status_code == 201


def test_without_setup_rights_what_is_missing_is_said_and_a_plan_still_shows_it(
    salesforce: SalesforceWorld,
) -> None:
    runtime = as_user(salesforce, ())
    planned = runtime.connector.ensure_fields(ACCOUNT, wanted(), dry_run=True)
    assert actions(planned) == ["create"] * 3
    assert all("fields export" in change.warnings[0] for change in planned)
    with pytest.raises(AccessError, match=KEY) as caught:
        make(salesforce, runtime.connector)
    assert (caught.value.code, caught.value.exit_code) == ("salesforce.fields.missing", 4)
    assert "CRM Segments Integration" in caught.value.hint


def test_without_setup_rights_a_missing_option_is_said(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    runtime = as_user(salesforce, ())
    assign(salesforce, runtime.user_id)
    more = with_options(("big", "Big ones"), ("small", "Small ones"), ("new", "New"))
    with pytest.raises(AccessError, match=KEY):
        runtime.connector.ensure_fields(ACCOUNT, [more])


def test_without_setup_rights_an_old_title_is_said_and_stops_nothing(salesforce: SalesforceWorld) -> None:
    make(salesforce)
    runtime = as_user(salesforce, ())
    assign(salesforce, runtime.user_id)
    renamed = with_options(("big", "Giants"), ("small", "Small ones"))
    (change,) = runtime.connector.ensure_fields(ACCOUNT, [renamed])
    assert actions([change]) == ["none"]
    assert "old title" in change.warnings[0]


def test_fields_that_stay_closed_are_said_with_the_click_path(salesforce: SalesforceWorld) -> None:
    """A user who may not edit accounts at all cannot be helped by rights on fields."""
    make(salesforce)
    reader = as_user(salesforce, SETUP_RIGHTS)
    salesforce.org.rights(reader.user_id).objects = {"Account": frozenset({"Read"})}
    salesforce.org.access.forget()
    with pytest.raises(AccessError, match=KEY) as caught:
        make(salesforce, reader.connector)
    assert caught.value.code == "salesforce.access.fields"
    assert "Object Settings > Account" in caught.value.hint
    assert "Edit for the object" in caught.value.hint


def test_check_names_a_profile_of_viewers_that_is_not_there(salesforce: SalesforceWorld) -> None:
    found = [one for one in salesforce.open(viewers=("Nobody",)).check() if "viewers" in one.what]
    assert [one.severity for one in found] == [Severity.FAIL]
    assert '"Nobody"' in found[0].what


def test_check_says_nothing_about_viewers_where_the_user_may_not_look(
    salesforce: SalesforceWorld, sales: str
) -> None:
    assert sales
    lesser = as_user(salesforce, {"ApiEnabled"}, viewers=("Sales User",))
    assert not [one for one in lesser.connector.check() if "viewers" in one.what]


def test_check_looks_at_every_object_that_carries_our_fields(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ObjectKind.CONTACT, wanted())
    said = [one.what for one in salesforce.connector.check()]
    assert "The user may edit records of Contact and our 3 fields." in said
    assert not any("records of Lead" in one for one in said), "no field of ours is on leads"


def test_check_says_who_makes_fields_that_the_user_may_not_make(salesforce: SalesforceWorld) -> None:
    lesser = as_user(salesforce, {"ApiEnabled"}).connector
    (found,) = [one for one in lesser.check() if "may not make fields" in one.what]
    assert (found.severity, "fields create" in found.hint) == (Severity.WARN, True)
    assert not [one for one in salesforce.connector.check() if "may not make" in one.what]
