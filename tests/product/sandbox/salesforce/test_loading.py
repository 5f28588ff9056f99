"""An org filled from files, and the emulator that people start."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import requests

from crm_segments.sample import generate
from crm_segments.sandbox.salesforce import SalesforceOrg
from crm_segments.sandbox.salesforce.load import load_folder
from tests.product.sandbox.conftest import Http, World

DATA = Path(__file__).parents[3] / "data"


def test_a_bundle_becomes_records_that_know_each_other(world: World, http: Http) -> None:
    report = load_folder(world.org, DATA / "maven_sales")
    assert report.counts == {"Account": 85, "Contact": 186, "Opportunity": 8800, "Product2": 7}
    assert http.query("SELECT COUNT() FROM Opportunity WHERE AccountId = null").json()["totalSize"] == 1425
    won = http.query("SELECT COUNT(Id), SUM(Amount) FROM Opportunity WHERE IsWon = true").json()["records"][0]
    assert (won["expr0"], won["expr1"]) == (4238, 10005534.0)
    (record,) = http.query(
        "SELECT Name, NumberOfEmployees, AnnualRevenue, Website FROM Account WHERE Name = 'Acme Corporation'"
    ).json()["records"]
    assert (record["NumberOfEmployees"], record["AnnualRevenue"]) == (2822, 1100040000.0)
    assert http.query("SELECT COUNT() FROM Account WHERE ParentId != null").json()["totalSize"] == 15
    assert http.values("SELECT CreatedDate FROM Opportunity WHERE Name = '1C1I7A6R'") == [
        "2016-10-20T00:00:00.000+0000"
    ]


def test_the_sample_company_becomes_an_org_with_activities(world: World, http: Http, tmp_path: Path) -> None:
    (folder,) = generate(tmp_path, accounts=60)
    report = load_folder(world.org, folder)
    assert report.counts["Account"] >= 60
    assert report.counts["Task"] > 0
    tasks = http.query("SELECT COUNT() FROM Task WHERE AccountId != null").json()["totalSize"]
    assert tasks == report.counts["Task"]
    # "51-200" is no number, and Salesforce's field is one.
    empty = http.query("SELECT COUNT() FROM Account WHERE NumberOfEmployees = null").json()["totalSize"]
    assert 0 < empty < report.counts["Account"]


def test_a_later_week_changes_what_differs_and_nothing_else(world: World, http: Http, tmp_path: Path) -> None:
    first, second = generate(tmp_path, accounts=60, weeks=2)
    load_folder(world.org, first)
    count = "SELECT COUNT() FROM Account"
    before = http.query(count).json()["totalSize"]
    world.clock.advance(7 * 86_400)
    http = world.http()
    report = load_folder(world.org, second)
    assert http.query(count).json()["totalSize"] == report.counts["Account"] >= before
    touched = world.org.store.history.touches()
    assert 0 < touched < 30
    assert world.org.store.history.no_op_touches() == 0
    changed = http.values("SELECT Id FROM Account WHERE SystemModstamp > 2026-11-05T00:00:00Z")
    assert {one for one in world.org.store.history.touched() if one.startswith("001")} <= set(changed)
    load_folder(world.org, second)
    assert world.org.store.history.touches() == touched


def test_ids_of_salesforce_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "account_id,name\n0014S000007NxmlQAC,A\nown-1,B\n", encoding="utf-8"
    )
    org = SalesforceOrg()
    report = load_folder(org, tmp_path)
    assert report.ids["account:0014S000007NxmlQAC"] == "0014S000007NxmlQAC"
    assert report.ids["account:own-1"].startswith("001")
    assert set(org.store.table("Account")) == set(report.ids.values())


def test_people_start_it_and_are_told_how_to_use_it(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,name\n1,A\n", encoding="utf-8")
    command = [sys.executable, "-m", "crm_segments", "sandbox", "salesforce", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            first = running.stdout.readline()
            url = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert url is not None
            assert "1 Account" in first
            told = [running.stdout.readline() for _ in range(8)]
            assert f'  endpoint = "{url[0]}"\n' in told
            form = {"grant_type": "client_credentials"}
            for line in told:
                name, _, value = line.strip().partition("=")
                if name.startswith("CRM_SEGMENTS_CONNECTION__"):
                    form[name.removeprefix("CRM_SEGMENTS_CONNECTION__").lower()] = value
            answer = requests.post(f"{url[0]}/services/oauth2/token", data=form, timeout=20)
            assert answer.status_code == 200
        finally:
            os.kill(running.pid, signal.SIGINT)
    assert running.returncode == 0
