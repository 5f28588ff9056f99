"""What people meet with Salesforce when something is wrong: a code, words, the fix; and nothing is lost."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.faults import html_page, mangled, redirected, refused
from crm_segments.sandbox.salesforce import DuplicateRule, ValidationRule
from tests.salesforce import SalesforceWorld
from tests.salesforce_runs import OURS, SIZES, Commands, Desk, Ended, commands, our_values

CANARY = "Kanarienvogel"
"""Marks people and secrets: no output and no file may show it."""
PEOPLE = f"{CANARY}-5d41"
COMPANY = "Sperling & Sons"
"""Names of companies may be shown in plans and reports, never in an error or a log line."""
ALWAYS = range(1, 10_000)


@pytest.fixture(scope="module")
def drive() -> Iterator[Commands]:
    with commands() as made:
        yield made


@dataclass
class Office:
    """An org with a dozen accounts, and the command line in a folder beside it."""

    desk: Desk
    drive: Commands
    limits: str = "BATCHES"

    @property
    def world(self) -> SalesforceWorld:
        return self.desk.world

    def __call__(self, *arguments: str, **variables: str) -> Ended:
        ended = self.drive(self.desk.folder, self.limits, *arguments, **variables)
        assert "Traceback" not in ended.told
        tokens = [token for token in self.world.org.sessions._open if token in ended.told]
        assert tokens == []
        assert CANARY not in ended.told
        assert COMPANY not in ended.err
        return ended

    def set(self, *lines: str) -> None:
        """Adds lines to `[connection]`."""
        path = self.desk.folder / "config.toml"
        text = path.read_text("utf-8").replace("[[seg", "\n".join([*lines, "", "[[seg"]))
        path.write_text(text, "utf-8")

    def first_run(self) -> None:
        assert self("run", "--yes").code == 0

    def touches(self) -> int:
        return self.world.org.store.history.touches()


@pytest.fixture
def office(salesforce: SalesforceWorld, drive: Commands, tmp_path: Path) -> Office:
    desk = Desk(salesforce, tmp_path)
    desk.store.close()
    for record_id in desk.ids[:3]:
        row = salesforce.org.store.find(record_id)
        assert row is not None
        row.update(Name=COMPANY, Phone=f"{PEOPLE}-0", BillingStreet=f"{PEOPLE} Lane 7", Description=PEOPLE)
    return Office(desk, drive)


Arrange = Callable[[Office], object]


SETUP_RIGHTS = (
    *("CustomizeApplication", "ManageProfilesPermissionsets", "AssignPermissionSets", "ViewSetup"),
)


def take_away(*rights: str) -> Arrange:
    def act(office: Office) -> None:
        office.world.org.rights(office.world.integration).system -= set(rights)
        office.world.org.access.forget()

    return act


def allow_on_accounts(*rights: str) -> Arrange:
    def act(office: Office) -> None:
        every = frozenset({"Create", "Read", "Edit", "Delete"})
        names = [one.name for one in office.world.org.store.objects()]
        objects = dict.fromkeys(names, every) | {"Account": frozenset(rights)}
        office.world.org.rights(office.world.integration).objects = objects
        office.world.org.access.forget()

    return act


def setting(line: str) -> Arrange:
    return lambda office: office.set(line)


def use_up(office: Office) -> None:
    office.world.org.usage.add(office.world.org.settings.daily_api_requests)


def become_another_org(office: Office) -> None:
    office.first_run()
    org = office.world.org
    table = org.store.table("Organization")
    row = table.pop(org.org_id)
    org.org_id = "00D4S000000OtherUAS"
    table[org.org_id] = {**row, "Id": org.org_id}


SECRET, KEY = "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET", "CRM_SEGMENTS_CONNECTION__CLIENT_ID"


@pytest.mark.parametrize(
    ("arrange", "variables", "code", "words"),
    [
        pytest.param(
            setting('domain = "acme.example.com"'), {}, 2, ["My Domain", "domain"], id="wrong domain"
        ),
        pytest.param(None, {SECRET: f"{CANARY}-9"}, 4, ["consumer secret"], id="wrong secret"),
        pytest.param(None, {KEY: f"{CANARY}-9"}, 4, ["consumer key"], id="wrong key"),
        pytest.param(None, {SECRET: ""}, 4, [SECRET], id="no secret"),
        pytest.param(take_away("ApiEnabled"), {}, 4, ["may not", "permission set"], id="no API"),
        pytest.param(
            allow_on_accounts("Read"), {}, 4, ["Account", "Setup > Permission Sets", "Edit"], id="no edit"
        ),
        pytest.param(allow_on_accounts(), {}, 4, ["Account"], id="object not visible"),
        pytest.param(
            setting('fields = { account = { employees = "Headcount__c" } }'),
            {},
            6,
            ["Headcount__c", "Account", "Setup > Permission Sets"],
            id="field not visible",
        ),
        pytest.param(
            setting('objects = { deal = "Deal__c" }'),
            {},
            4,
            ["Deal__c", "Setup > Permission Sets"],
            id="unknown object",
        ),
        pytest.param(use_up, {}, 75, ["API calls", "System Overview"], id="daily limit"),
        pytest.param(become_another_org, {}, 6, ["00D4S000000Other"], id="another org"),
    ],
)
def test_what_is_wrong_is_said_with_its_fix(
    office: Office, arrange: Arrange | None, variables: dict[str, str], code: int, words: list[str]
) -> None:
    if arrange:
        arrange(office)
    touches = office.touches()
    ended = office("run", "--yes", **variables)
    assert ended.code == code, ended.told
    assert [word for word in words if word not in ended.told] == []
    assert office.touches() == touches


TOO_MANY = '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        pytest.param(html_page(), 75, ["in its place"], id="a web page"),
        pytest.param(
            refused(403, html=True, body="<html>no</html>"), 75, ["something between"], id="a proxy"
        ),
        pytest.param(refused(503, html=True), 75, ["busy"], id="maintenance"),
        pytest.param(
            redirected("https://evil.example/services"), 1, ["not followed", "domain"], id="redirect"
        ),
        pytest.param(refused(403, body=TOO_MANY), 75, ["API calls"], id="no calls left"),
    ],
)
@pytest.mark.parametrize("path", ["/query", "/composite/sobjects$"], ids=["while reading", "while writing"])
def test_what_comes_instead_of_an_answer_is_said_and_loses_nothing(
    office: Office, fault: object, code: int, words: list[str], path: str
) -> None:
    method = "PATCH" if "composite" in path else "GET"
    office.world.emulator.faults.at(ALWAYS, fault, method=method, path=path)  # type: ignore[arg-type]
    ended = office("run", "--yes")
    assert ended.code == code, ended.told
    assert [word for word in words if word not in ended.told] == []
    office.world.emulator.faults.clear()
    _finish(office)


def _finish(office: Office) -> None:
    """The next run does what is left, once for each record."""
    assert office("run", "--yes").code == 0
    history = office.world.org.store.history
    assert {history.touches(record) for record in office.desk.ids} == {1}
    assert {values[0] for values in our_values(office.world.org).values()} == set(SIZES.values())


def _half_of(reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


@pytest.mark.parametrize("end", ["successfulResults", "failedResults", "unprocessedrecords"])
def test_a_truncated_file_of_results_is_never_taken_for_all(office: Office, end: str) -> None:
    office.limits = "JOBS"
    office.world.emulator.faults.at(ALWAYS, mangled(_half_of), path=end)
    ended = office("run", "--yes")
    assert ended.code == 1, ended.told
    assert end in ended.told
    office.world.emulator.faults.clear()
    _finish(office)


def _grow(office: Office) -> None:
    """Half of the accounts belong to another segment from now on."""
    office.first_run()
    office.desk.resize(dict.fromkeys(office.desk.ids[0::2], 5_000))


def refuse_by_rule(office: Office) -> None:
    rule = ValidationRule("Account", "Ask finance first.", lambda row: row["Id"] == office.desk.ids[0])
    office.world.org.settings.validation_rules.append(rule)


def refuse_doubles(office: Office) -> None:
    rule = DuplicateRule("Account", "Same_Site", ("Site",), allows_save=False)
    office.world.org.settings.duplicate_rules.append(rule)
    for record_id in office.desk.ids[0:4:2]:
        office.world.org.edit(record_id, {"Site": f"{CANARY} Lane 7"})


def hide_option(office: Office) -> None:
    partner = office.world.org.add_record_type("Account", "Partner", {OURS[0]: {"small", "middle"}})
    office.world.org.edit(office.desk.ids[0], {"RecordTypeId": partner})


def change_field(office: Office, name: str, **what: object) -> None:
    """What an administrator changes on one of our fields."""
    account = office.world.org.require("Account")
    known = account.field(name)
    assert known is not None
    account.fields[name.lower()] = replace(known, **what)  # type: ignore[arg-type]
    office.world.org.access.forget()


def switch_off_option(office: Office) -> None:
    known = office.world.org.require("Account").field(OURS[0])
    assert known is not None
    options = tuple(replace(one, is_active=one.value != "large") for one in known.options)
    change_field(office, OURS[0], options=options)
    take_away(*SETUP_RIGHTS)(office)


def shorten_text(office: Office) -> None:
    change_field(office, OURS[2], length=5)


@pytest.mark.parametrize(
    ("arrange", "code", "words"),
    [
        pytest.param(refuse_by_rule, 5, ["Ask finance first.", "Validation Rules"], id="validation rule"),
        pytest.param(refuse_doubles, 5, ["Duplicate Rules"], id="duplicate rule"),
        pytest.param(hide_option, 5, ["Record Types"], id="record type hides the option"),
        pytest.param(switch_off_option, 4, [OURS[0], "fields export"], id="restricted picklist"),
        pytest.param(shorten_text, 5, ["5", OURS[2]], id="text too long"),
    ],
)
def test_a_refused_record_is_told_with_rule_and_fix_and_the_others_are_written(
    office: Office, arrange: Arrange, code: int, words: list[str]
) -> None:
    _grow(office)
    arrange(office)
    ended = office("run", "--yes")
    assert ended.code == code, ended.told
    assert [word for word in words if word not in ended.told] == []


def test_deleted_and_merged_records_are_gone_and_no_failure(office: Office) -> None:
    _grow(office)
    saved = re.search(r"Plan ([0-9a-f-]+)", office("plan").out)
    assert saved
    first, second, third = office.desk.ids[0:6:2]
    org = office.world.org
    org.store.delete(first, org.admin_id)
    org.store.merge(second, [third], org.admin_id)
    ended = office("apply", saved[1], "--yes", "--json")
    assert ended.code == 0, ended.told
    assert '"gone": 2' in ended.out


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(None, id="ok"),
        pytest.param(refused(401, body='[{"message":"x","errorCode":"INVALID_SESSION_ID"}]'), id="401"),
        pytest.param(refused(403, body=TOO_MANY), id="403"),
        pytest.param(refused(500, body=f'[{{"message":"{PEOPLE}","errorCode":"UNKNOWN"}}]'), id="500"),
        pytest.param(html_page(), id="web page"),
        pytest.param(mangled(_half_of), id="half an answer"),
    ],
)
def test_no_command_tells_a_name_an_address_or_a_secret(office: Office, state: object) -> None:
    """Fifty records and the credentials carry marks; all output and all files are searched for them."""
    secret = f"{CANARY}-secret"
    org = office.world.org
    org.sessions.apps["key"] = replace(org.sessions.apps["key"], consumer_secret=secret)
    for number in range(50):
        person = {"LastName": f"{PEOPLE}-{number}", "Email": f"{PEOPLE}.{number}@example.com"}
        org.add(
            "Contact", {**person, "AccountId": office.desk.ids[number % 12], "Phone": f"{PEOPLE}-{number}"}
        )
    variables = {SECRET: secret}
    assert office("run", "--yes", **variables).code == 0
    office.desk.resize(dict.fromkeys(office.desk.ids[0::3], 300))
    if state is not None:
        office.world.emulator.faults.at(ALWAYS, state, path="/services/data/")  # type: ignore[arg-type]
    for arguments in COMMANDS:
        ended = office(*arguments, "--log-level", "debug", **variables)
        assert ended.code in ({0} if state is None else {0, 1, 4, 6, 75}), (arguments, ended.told)
    files = [path for path in office.desk.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
    assert os.environ.get(SECRET) is None


COMMANDS = (
    *(("plan",), ("run", "--yes"), ("status",), ("history",), ("doctor",), ("fields", "show")),
    *(
        ("fields", "check"),
        ("segments", "list"),
        ("explain", "Company 5"),
        ("pin", "list"),
        ("config", "show"),
    ),
    *(("report", "report.html"), ("apply", "--yes"), ("run", "--yes", "--json"), ("fields", "create")),
    ("fields", "export", "package"),
)
