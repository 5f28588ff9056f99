"""Rules, pins, contacts that inherit, chosen deals and a tier beside ours, on an emulated Salesforce."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_segments.sandbox.salesforce.fields import Field
from tests.e2e.cli import Cli
from tests.salesforce import SalesforceWorld, Switchboard

CONFIG = """
[connection]
crm = "salesforce"
endpoint = "{url}"

[[segmentation]]
contacts = "inherit"
compare = "ICP_Tier__c"
fallback = "tiers"
min_segment_records = 2
max_segments = 2
exclude = 'ICP_Tier__c = "Internal"'

[segmentation.deals]
where = 'type != "Renewal"'
amount = "Year_Value__c"

[[segmentation.rules]]
when = 'employees >= 5000 and ICP_Tier__c != "C"'
segment = "Enterprise"
"""


class Org:
    """Forty accounts with a contact and a deal each, and the command line beside them."""

    def __init__(self, world: SalesforceWorld, folder: Path, url: str) -> None:
        self.org, self.cli = (
            world.org,
            Cli(
                folder,
                {
                    "CRM_SEGMENTS_CONNECTION__CLIENT_ID": "key",
                    "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET": "secret",
                },
            ),
        )
        (folder / "config.toml").write_text(CONFIG.format(url=url))
        self.org.add_field("Account", Field(name="ICP_Tier__c", label="ICP tier", type="string", length=40))
        self.org.add_field("Opportunity", Field(name="Year_Value__c", label="Value a year", type="double"))
        for n in range(40):
            tier = "Internal" if n == 39 else "ABC"[n % 3]
            account = self.org.add(
                "Account",
                {
                    "Name": f"Company {n}",
                    "NumberOfEmployees": [20, 300, 6000, 9000][n % 4],
                    "ICP_Tier__c": tier,
                },
            )
            self.org.add("Contact", {"LastName": f"Person {n}", "AccountId": account, "Title": "Buyer"})
            self.org.add(
                "Opportunity",
                {
                    "Name": f"Deal {n}",
                    "AccountId": account,
                    "StageName": "Closed Won",
                    "IsClosed": True,
                    "IsWon": True,
                    "CloseDate": "2026-05-01",
                    "Amount": 1_000_000,
                    "Year_Value__c": 100 + n,
                    "Type": "Renewal" if n % 5 == 0 else "New Business",
                },
            )
        self.org.add("Contact", {"LastName": "Nobody", "Title": "Buyer"})

    def column(self, object_: str, name: str) -> dict[str, object]:
        return {record: row.get(name) for record, row in self.org.store.table(object_).items()}


@pytest.fixture(scope="module")
def org(
    salesforce_server: tuple[Switchboard, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Org]:
    board, url = salesforce_server
    world = SalesforceWorld(url, board)
    made = Org(world, tmp_path_factory.mktemp("rules"), url)
    made.cli.done("run", "--yes")
    yield made
    world.close()


def test_contacts_carry_the_label_of_their_account_and_nobody_else_is_touched(org: Org) -> None:
    accounts = org.column("Account", "CRM_Segment__c")
    owners = org.column("Contact", "AccountId")
    labels = org.column("Contact", "CRM_Segment__c")
    assert labels == {contact: accounts.get(str(account)) for contact, account in owners.items()}
    assert sum(label is None for label in labels.values()) == 2, "the internal account's, and nobody's"
    reasons = org.column("Contact", "CRM_Segment_Reason__c")
    assert all(
        str(reasons[contact]).startswith("Its account: ") for contact, label in labels.items() if label
    )


def test_a_rule_on_a_custom_field_is_written_with_its_reason(org: Org) -> None:
    sizes, tiers = org.column("Account", "NumberOfEmployees"), org.column("Account", "ICP_Tier__c")
    reasons = org.column("Account", "CRM_Segment_Reason__c")
    for record, label in org.column("Account", "CRM_Segment__c").items():
        is_large = int(str(sizes[record])) >= 5000 and tiers[record] not in {"C", "Internal"}
        assert (label == "enterprise") == is_large
        assert str(reasons[record]).startswith("Rule: employees >= 5000 and") == is_large


def test_a_second_run_writes_nothing(org: Org) -> None:
    touches = org.org.store.history.touches()
    found = org.cli.document("run", "--yes")
    assert (found["status"], found["write_requests"]) == ("complete", 0)
    assert org.org.store.history.touches() == touches


def test_our_fields_are_complete_on_both_objects(org: Org) -> None:
    assert "Ready: 8 fields" in org.cli.done("fields", "check")


def test_the_report_counts_chosen_deals_by_the_chosen_amount_beside_the_tier(org: Org) -> None:
    found = org.cli.document("report")
    money = found["money"]
    assert isinstance(money, dict)
    assert money["total"]["revenue"] == f"{sum(100 + n for n in range(40) if n % 5):.2f}"
    comparison = found["comparison"]
    assert isinstance(comparison, dict)
    assert {tier for row in comparison["counts"].values() for tier in row} == {"A", "B", "C"}
    text = (org.cli.folder / "report.html").read_text("utf-8")
    assert "Person" not in text
    assert "Buyer" not in text
    assert json.dumps(comparison["field"]) == '"ICP_Tier__c"'
