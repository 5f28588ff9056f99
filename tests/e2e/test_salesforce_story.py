# ruff: noqa: S106 (these credentials open nothing)
"""The main job on an emulated Salesforce: what sales ops does, and what an administrator checks after it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from crm_segments.bundle import read_bundle
from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.salesforce import (
    ADMINISTRATOR,
    ConnectedApp,
    OrgSettings,
    ProfileRights,
    SalesforceEmulator,
    SalesforceOrg,
)
from crm_segments.sandbox.salesforce.fields import Value
from crm_segments.sandbox.salesforce.load import load_folder
from tests.e2e.cli import Cli
from tests.e2e.documents import RunDocument

OURS = (
    "CRM_Segment__c",
    "CRM_Segment_Confidence__c",
    "CRM_Segment_Reason__c",
    "CRM_Segment_Since__c",
)
CONFIG = """
[connection]
crm = "salesforce"
endpoint = "{url}"
viewers = ["Sales"]

[currency]
home = "USD"
rates = {{ EUR = 1.08, GBP = 1.27 }}

[[segmentation]]
name = "customers"
"""


@dataclass
class Company:
    """An emulated org with a made-up company in it, and a folder with settings for it."""

    org: SalesforceOrg
    emulator: SalesforceEmulator
    cli: Cli
    seller: str
    """Id of a user in sales, whom our fields are for."""
    owners: Mapping[str, object]
    """Owner of each account before anything was done."""

    def run(self, *arguments: str, code: int = 0) -> RunDocument:
        return RunDocument.model_validate(self.cli.document("run", "--yes", *arguments, code=code))

    def column(self, name: str) -> dict[str, Value]:
        return {record: row.get(name) for record, row in self.org.store.table("Account").items()}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    Cli(folder).done("sample", "sample", "--accounts", "600", "--weeks", "2")
    org = SalesforceOrg(settings=OrgSettings())
    rights = ProfileRights(set(ADMINISTRATOR) - {"ModifyAllData"})
    integration = org.add_user("integration@example.com", org.add_profile("Integration", rights))
    sales = org.add_profile("Sales", ProfileRights({"ApiEnabled"}))
    seller = org.add_user("seller@example.com", sales)
    # Everybody else's automation: an update without the right header would hand every account to this queue.
    org.settings.assignment_rules["Account"] = seller
    org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=integration))
    load_folder(org, folder / "sample" / "week_00")
    emulator = SalesforceEmulator(org)
    with SandboxServer(emulator.wire) as server:
        (folder / "config.toml").write_text(CONFIG.format(url=server.url))
        credentials = {
            "CRM_SEGMENTS_CONNECTION__CLIENT_ID": "key",
            "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET": "secret",
        }
        owners = {record: row.get("OwnerId") for record, row in org.store.table("Account").items()}
        yield Company(org, emulator, Cli(folder, credentials), seller, owners)


@pytest.fixture(scope="module")
def planned(company: Company) -> str:
    """What `plan` shows before anything is in the org."""
    text = company.cli.done("plan")
    assert company.org.require("Account").field(OURS[0]) is None, "a plan changes nothing"
    return text


@pytest.fixture(scope="module")
def first(company: Company, planned: str) -> RunDocument:
    assert planned
    return company.run()


def test_a_plan_says_what_it_will_do_in_the_words_of_salesforce(planned: str) -> None:
    flat = " ".join(planned.split())
    assert "makes 4 fields on accounts: CRM_Segment__c" in flat
    assert "list views, one for each segment" in flat
    assert re.search(r"About \d+ API calls, of [\d,]+ that may be used now", flat)


def test_every_account_gets_its_label_once(company: Company, first: RunDocument) -> None:
    accounts = company.org.store.table("Account")
    assert (first.status, first.changes.written) == ("complete", len(accounts))
    labels = company.column(OURS[0])
    assert {str(label) for label in labels.values()} <= {segment.key for segment in first.segments}
    assert {company.org.store.history.touches(record) for record in accounts} == {1}
    assert all(company.column(name)[record] for name in OURS for record in accounts)


def test_no_owner_changed_and_no_other_field(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    assert company.column("OwnerId") == company.owners
    changed = {
        change.field
        for record in company.org.store.table("Account")
        for change in company.org.store.history.changes(record)
    }
    assert changed == set(OURS)


def test_a_second_user_sees_the_fields_and_may_not_change_them(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    account = company.org.require("Account")
    assert {name.lower() for name in OURS} <= set(company.org.access.readable(company.seller, account))
    assert not set(OURS) & company.org.access.editable(company.seller, account)


def test_there_is_a_list_view_for_each_segment(company: Company, first: RunDocument) -> None:
    views = list(company.org.list_views.values())
    titles = {segment.name for segment in first.segments if segment.key != "unclassified"}
    assert {label for view in views for one in view.filters for label in one.labels} == titles
    assert all(len(view.label) <= 40 and view.visibility == "Public" for view in views)


def test_a_second_run_writes_nothing_and_reads_little(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    touches, asked = company.org.store.history.touches(), len(company.emulator.wire.exchanges)
    second = company.run()
    assert (second.status, second.changes.planned, second.write_requests) == ("complete", 0, 0)
    assert company.org.store.history.touches() == touches
    assert len(company.emulator.wire.exchanges) - asked < 60


def test_doctor_finds_all_in_order_and_names_the_org(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    text = company.cli.done("doctor")
    assert company.org.domain in text
    assert "FAIL" not in text


def test_an_edit_by_hand_is_held_and_kept(company: Company, first: RunDocument) -> None:
    record, own = next((record, value) for record, value in company.column(OURS[0]).items() if value)
    other = next(segment.key for segment in first.segments if segment.key != own)
    company.org.edit(record, {OURS[0]: other}, by=company.seller)
    result = company.run()
    assert (result.changes.held, result.changes.written) == (1, 0)
    assert company.column(OURS[0])[record] == other
    company.org.edit(record, {OURS[0]: own}, by=company.seller)


def test_the_next_week_only_those_who_moved_are_written(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    load_folder(company.org, company.cli.folder / "sample" / "week_01")
    before = {
        record: company.org.store.history.touches(record) for record in company.org.store.table("Account")
    }
    # A later load touches accounts itself; what is ours is told by the user who wrote.
    integration = company.org.sessions.apps["key"].run_as
    result = company.run()
    ours = {
        record
        for record in company.org.store.table("Account")
        for change in company.org.store.history.changes(record)
        if change.origin.by == integration
        and company.org.store.history.touches(record) > before.get(record, 0)
    }
    assert result.status == "complete"
    assert result.changes.written == len(ours)
    assert len(ours) < 120, "a week moves few"


def test_an_org_that_is_another_one_is_refused(company: Company, first: RunDocument) -> None:
    assert first.status == "complete"
    before, company.org.org_id = company.org.org_id, "00D4S000000Other0AA"
    row = company.org.store.table("Organization").pop(before)
    company.org.store.table("Organization")[company.org.org_id] = {**row, "Id": company.org.org_id}
    try:
        result = company.run(code=6)
        assert result.error is not None
        assert "00D4S000000Other" in str(result.error) or "another" in str(result.error)
    finally:
        del company.org.store.table("Organization")[company.org.org_id]
        company.org.store.table("Organization")[before] = row
        company.org.org_id = before


def test_nothing_that_a_run_prints_or_keeps_holds_a_token_or_a_secret(
    company: Company, first: RunDocument
) -> None:
    assert first.status == "complete"
    tokens = [token.encode() for token in company.org.sessions._open]
    result = company.cli("run", "--yes", "--log-level", "debug")
    files = [path for path in company.cli.folder.rglob("*") if path.is_file()]
    told = (result.stdout + result.stderr).encode() + b"".join(path.read_bytes() for path in files)
    assert not [token for token in tokens if token in told]
    assert b"AQEAQ" not in told


def test_the_sandbox_command_serves_what_it_says(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    cli.done("sample", "sample", "--accounts", "60")
    command = [sys.executable, "-m", "crm_segments", "sandbox", "salesforce", "--data", "sample/week_00"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line.strip())
            if "Ctrl-C" in line:
                break
        try:
            variables = dict(line.split("=", 1) for line in lines if line.startswith("CRM_SEGMENTS_"))
            settings = [line for line in lines if line.startswith(("[connection]", "crm =", "endpoint ="))]
            (tmp_path / "config.toml").write_text("\n".join(settings) + "\n")
            assert "emulated.my.salesforce.com" in cli.done("doctor", **variables)
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0


def test_the_sample_company_is_the_one_that_was_loaded(company: Company) -> None:
    bundle = read_bundle(company.cli.folder / "sample" / "week_00", today=date(2026, 11, 2))
    assert len(company.owners) == bundle.tables["account"].num_rows
