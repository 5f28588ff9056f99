"""The main job on an emulated HubSpot: what sales ops does, and what an administrator checks after it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.hubspot import HubSpotEmulator, HubSpotPortal
from crm_segments.sandbox.hubspot.load import load_folder
from tests.e2e.cli import Cli
from tests.e2e.documents import RunDocument

OURS = ("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
SCOPES = (
    *(f"crm.objects.{kind}.read" for kind in ("companies", "contacts", "deals")),
    *(f"crm.schemas.{kind}.read" for kind in ("companies", "contacts", "deals")),
    *("crm.objects.companies.write", "crm.schemas.companies.write", "crm.lists.read", "crm.lists.write"),
)
"""What docs/how-to/hubspot-key.md lists, and not one more."""
CONFIG = """
[connection]
crm = "hubspot"
endpoint = "{url}"

[[segmentation]]
name = "customers"
"""


@dataclass
class Company:
    """An emulated portal with a made-up company in it, and a folder with settings for it."""

    portal: HubSpotPortal
    emulator: HubSpotEmulator
    cli: Cli

    def run(self, *arguments: str, code: int = 0) -> RunDocument:
        return RunDocument.model_validate(self.cli.document("run", "--yes", *arguments, code=code))

    def live(self) -> dict[str, dict[str, str]]:
        table = self.portal.store.table(self.portal.kind("companies"))
        return {one.id: dict(one.properties) for one in table.live()}

    def touches(self, record_id: str) -> int:
        return self.portal.store.history.touches(f"0-2/{record_id}")

    def updates(self) -> int:
        return sum(one.path.endswith("batch/update") for one in self.emulator.wire.requests())

    def refusals(self) -> int:
        return sum(one.status == 429 for one in self.emulator.wire.exchanges)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    Cli(folder).done("sample", "sample", "--accounts", "600", "--weeks", "2")
    portal = HubSpotPortal()
    key = portal.keys.add_service_key("CRM Segments", SCOPES, user_id=portal.admin.user_id)
    load_folder(portal, folder / "sample" / "week_00")
    emulator = HubSpotEmulator(portal)
    with SandboxServer(emulator.wire) as server:
        (folder / "config.toml").write_text(CONFIG.format(url=server.url))
        cli = Cli(folder, {"CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN": key})
        yield Company(portal, emulator, cli)


@pytest.fixture(scope="module")
def planned(company: Company) -> str:
    """What `plan` shows before anything is in the account."""
    text = company.cli.done("plan")
    assert company.portal.property(company.portal.kind("companies"), OURS[0]) is None, (
        "a plan changes nothing"
    )
    return text


@pytest.fixture(scope="module")
def first(company: Company, planned: str) -> RunDocument:
    assert planned
    return company.run()


def test_the_key_with_the_listed_scopes_is_enough_for_the_doctor(company: Company) -> None:
    text = " ".join(company.cli.done("doctor").split())
    assert "supports it until 2027-09-01" in text


def test_a_plan_says_what_it_will_do(planned: str) -> None:
    flat = " ".join(planned.split())
    assert "crm_segment_reason" in flat
    assert "lists, one for each segment" in flat


def test_every_company_gets_its_label_once_and_nothing_else(company: Company, first: RunDocument) -> None:
    companies = company.live()
    assert (first.status, first.changes.written) == ("complete", len(companies))
    assert {one[OURS[0]] for one in companies.values()} <= {segment.key for segment in first.segments}
    assert {company.touches(one) for one in companies} == {1}
    changed = {
        change.field for one in companies for change in company.portal.store.history.changes(f"0-2/{one}")
    }
    assert changed == set(OURS)


def test_hubspot_never_had_to_refuse_a_call(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    assert company.refusals() == 0


def test_there_is_a_list_for_each_segment_and_it_is_filled(company: Company, first: RunDocument) -> None:
    sizes = {segment.name: segment.count for segment in first.segments if segment.key != "unclassified"}
    lists = [company.portal.lists.get(one.id) for one in company.portal.lists]
    assert {one.name.partition(" [")[0]: len(one.members) for one in lists} == sizes
    assert company.portal.lists.enrolled == []


def test_a_second_run_writes_nothing(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    before = company.updates()
    assert company.run().changes.planned == 0
    assert company.updates() == before


def test_an_edit_by_hand_is_held(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    (edited, values), *_ = company.live().items()
    other = next(one.key for one in first.segments if one.key != values[OURS[0]])
    company.portal.edit("companies", edited, {OURS[0]: other})
    assert company.run().changes.held == 1
    assert company.live()[edited][OURS[0]] == other
