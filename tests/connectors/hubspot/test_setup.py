"""Properties, groups, lists and checks."""

from dataclasses import replace

import pytest

from connectors.errors import AccessError, SchemaError, UsageError
from connectors.model import (
    FieldAction,
    FieldType,
    FieldWrite,
    ListSpec,
    ObjectKind,
    Option,
    Severity,
    WriteOutcome,
)
from connectors.testing.world import OTHER_INSTALLATION_ID, fields_of
from crm_segments.sandbox.hubspot import ALL_SCOPES
from crm_segments.sandbox.hubspot.properties import Option as PortalOption
from tests.hubspot import HubSpotWorld

COMPANIES = ObjectKind.ACCOUNT


def make(world: HubSpotWorld) -> str:
    """Our properties; gives the name of the drop-down."""
    specs = fields_of(world.connector)
    world.connector.ensure_fields(COMPANIES, list(specs.values()))
    return specs[FieldType.PICKLIST].name


def test_our_properties_stand_in_a_group_of_their_own(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    known = hubspot.portal.property(hubspot.portal.kind("companies"), name)
    assert known is not None
    assert (known.group, known.type, known.field_type) == ("crm_segments", "enumeration", "select")
    assert hubspot.portal.groups["0-2"]["crm_segments"].label == "CRM Segments"


def test_options_of_colleagues_survive_because_all_are_sent(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    known = hubspot.portal.property(hubspot.portal.kind("companies"), name)
    assert known is not None
    theirs = PortalOption("by_hand", "Giants", 7, hidden=True, description="ours, said a colleague")
    known.set_options([*known.options, theirs])
    spec = fields_of(hubspot.connector)[FieldType.PICKLIST]
    wanted = replace(spec, options=(Option("big", "Giants"), spec.options[1]))
    (change,) = hubspot.connector.ensure_fields(COMPANIES, [wanted])
    # Two options of one label cannot be told apart, and HubSpot refuses them.
    assert change.options == (Option("big", "Giants (2)"),)
    assert theirs in known.options
    (again,) = hubspot.connector.ensure_fields(COMPANIES, [wanted])
    assert again.action is FieldAction.NONE


def test_an_option_of_ours_that_was_hidden_is_shown_again(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    known = hubspot.portal.property(hubspot.portal.kind("companies"), name)
    assert known is not None
    known.set_options([replace(known.options[0], hidden=True), known.options[1]])
    (change,) = hubspot.connector.ensure_fields(COMPANIES, [fields_of(hubspot.connector)[FieldType.PICKLIST]])
    assert (change.action, [one.value for one in change.options]) == (FieldAction.ADD_OPTIONS, ["big"])


def test_properties_of_another_installation_are_handed_over(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    adopted = hubspot.connector.adopt_fields(COMPANIES, [name, "not_there"], OTHER_INSTALLATION_ID)
    assert adopted == [name]
    spec = hubspot.connector.describe(COMPANIES).field(name)
    assert spec is not None
    assert (spec.installation_id, len(spec.options)) == (OTHER_INSTALLATION_ID, 2)
    assert hubspot.connector.adopt_fields(COMPANIES, [name], OTHER_INSTALLATION_ID) == []
    with pytest.raises(SchemaError, match="city"):
        hubspot.connector.adopt_fields(COMPANIES, [name, "city"], "mine")


def test_without_the_scope_for_properties_it_is_named(hubspot: HubSpotWorld) -> None:
    key = hubspot.portal.keys.add_service_key(
        "Writer", ALL_SCOPES - {"crm.schemas.companies.write"}, user_id=hubspot.portal.admin.user_id
    )
    with pytest.raises(AccessError, match=r"crm\.schemas\.companies\.write"):
        hubspot.open(access_token=key).ensure_fields(COMPANIES, list(fields_of(hubspot.connector).values()))


def test_a_full_account_of_properties_is_said(hubspot: HubSpotWorld) -> None:
    hubspot.portal.settings.custom_property_limit = 0
    with pytest.raises(SchemaError) as caught:
        make(hubspot)
    assert "limit of custom properties" in caught.value.hint


def specs_of(name: str) -> list[ListSpec]:
    return [ListSpec("customers.big", "Big ones", COMPANIES, name, "big")]


def test_a_list_keeps_its_id_fills_itself_and_enrolls_nobody(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    hubspot.connector.ensure_lists(specs_of(name))
    (first,) = hubspot.portal.lists
    assert (first.name, first.kind.name, first.processing) == (
        "Big ones [customers.big]",
        "companies",
        "DYNAMIC",
    )
    hubspot.portal.edit("companies", company, {name: "big"})
    assert list(hubspot.portal.lists.get(first.id).members) == [company]
    hubspot.connector.ensure_lists([replace(specs_of(name)[0], title="Giants")])
    (second,) = hubspot.portal.lists
    assert (second.id, second.name) == (first.id, "Giants [customers.big]")
    assert hubspot.portal.lists.enrolled == []


def test_keys_that_begin_alike_have_lists_of_their_own(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    (one,) = specs_of(name)
    two = replace(one, key="customers.big_2", value="small")
    assert [change.action for change in hubspot.connector.ensure_lists([two])] == ["create"]
    assert [change.action for change in hubspot.connector.ensure_lists([one, two])] == ["create", "none"]


def test_a_list_of_ours_that_shows_something_else_is_left_alone_and_named(hubspot: HubSpotWorld) -> None:
    name = make(hubspot)
    hubspot.connector.ensure_lists(specs_of(name))
    (found,) = hubspot.portal.lists
    with pytest.raises(SchemaError, match="Big ones") as caught:
        hubspot.connector.ensure_lists([replace(specs_of(name)[0], value="small")])
    assert found.version == 1
    assert "customers.big" in caught.value.hint


def test_the_doctor_names_each_scope_and_the_end_of_the_version(hubspot: HubSpotWorld) -> None:
    key = hubspot.portal.keys.add_service_key(
        "Reader", ALL_SCOPES - {"crm.objects.companies.write", "crm.lists.write"}, user_id=1
    )
    findings = {one.what: one for one in hubspot.open(access_token=key).check()}
    failed = [what for what, one in findings.items() if one.severity is Severity.FAIL]
    warned = [what for what, one in findings.items() if one.severity is Severity.WARN]
    assert ["crm.objects.companies.write" in what for what in failed] == [True]
    assert any("crm.lists.write" in what for what in warned)
    assert any("until 2027-09-01" in what for what in findings)
    assert any("API calls of today are left" in what for what in findings)
    assert not any(key in f"{one.what}{one.hint}{one.details}" for one in findings.values())


def test_contacts_and_deals_can_carry_segments_and_lists_too(hubspot: HubSpotWorld) -> None:
    for kind, name in ((ObjectKind.CONTACT, "contacts"), (ObjectKind.DEAL, "deals")):
        specs = fields_of(hubspot.connector)
        hubspot.connector.ensure_fields(kind, list(specs.values()))
        field = specs[FieldType.PICKLIST].name
        record = hubspot.portal.add(name, {})
        (result,) = hubspot.connector.write(kind, [FieldWrite(record, {field: "big"})], request_id="x")
        assert result.outcome is WriteOutcome.WRITTEN
        hubspot.connector.ensure_lists([ListSpec(f"{name}.big", f"Big {name}", kind, field, "big")])
        (found,) = [one for one in hubspot.portal.lists if one.kind.name == name]
        assert list(hubspot.portal.lists.get(found.id).members) == [record]


@pytest.mark.parametrize("kind", [ObjectKind.LEAD, ObjectKind.ACTIVITY])
def test_what_cannot_carry_segments_is_said(hubspot: HubSpotWorld, kind: ObjectKind) -> None:
    with pytest.raises(UsageError, match="cannot carry segments"):
        hubspot.connector.read(kind, ["1"], ["crm_segment"])
