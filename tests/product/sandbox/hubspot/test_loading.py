"""A portal filled from files, and the emulator that people start."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import requests

from crm_segments.sample import generate
from crm_segments.sandbox.hubspot import HubSpotPortal
from crm_segments.sandbox.hubspot.load import load_folder
from tests.product.sandbox.hubspot.conftest import Http, Portal

DATA = Path(__file__).parents[3] / "data"


def total(http: Http, kind: str, **filters: str) -> int:
    """How many records fit one filter."""
    groups = [{"filters": [filters]}] if filters else []
    found: int = http.search(kind, filterGroups=groups, limit=1)["total"]
    return found


def test_a_bundle_becomes_records_that_know_each_other(world: Portal, http: Http) -> None:
    report = load_folder(world.portal, DATA / "maven_sales")
    assert report.counts == {"companies": 85, "contacts": 186, "deals": 8800, "products": 7}
    assert total(http, "deals", propertyName="hs_is_closed_won", operator="EQ", value="true") == 4238
    acme = http.found("companies", propertyName="name", operator="EQ", value="Acme Corporation")[0]
    names = "name,numberofemployees,annualrevenue,industry"
    shown = http.ok("GET", f"/crm/v3/objects/companies/{acme}?properties={names}&associations=deals")
    assert shown["properties"]["numberofemployees"] == "2822"
    assert shown["properties"]["annualrevenue"] == "1100040000"
    assert shown["associations"]["deals"]["results"]
    parents = {"propertyName": "hs_parent_company_id", "operator": "HAS_PROPERTY"}
    assert total(http, "companies", **parents) == 15
    deal = report.ids["deal:1C1I7A6R"]
    assert http.ok("GET", f"/crm/v3/objects/deals/{deal}")["createdAt"] == "2016-10-20T00:00:00Z"


def test_words_of_the_files_become_options_and_stages(world: Portal, http: Http) -> None:
    load_folder(world.portal, DATA / "maven_sales")
    industry = http.ok("GET", "/crm/v3/properties/companies/industry")
    labels = {one["label"] for one in industry["options"]}
    assert {"medical", "technolgy", "Retail"} <= labels
    assert len(labels) == len(industry["options"])
    stages = http.ok("GET", "/crm/v3/pipelines/deals")["results"][0]["stages"]
    known = {one["id"] for one in stages}
    deals = world.portal.store.table(world.portal.kind("deals"))
    used = {row.properties["dealstage"] for row in deals.live()}
    assert used <= known
    assert len(used) >= 4


def test_the_sample_company_becomes_a_portal_with_activities(
    world: Portal, http: Http, tmp_path: Path
) -> None:
    (folder,) = generate(tmp_path, accounts=60)
    report = load_folder(world.portal, folder)
    assert report.counts["companies"] >= 60
    for kind in ("calls", "emails", "meetings", "tasks"):
        assert total(http, kind) == report.counts[kind] > 0
    call = http.search("calls", limit=1, properties=["hs_timestamp"])["results"][0]
    assert call["properties"]["hs_timestamp"]
    linked = http.ok("GET", f"/crm/v3/objects/calls/{call['id']}?associations=companies,contacts")
    assert "companies" in linked["associations"]
    # "51-200" is no number, and HubSpot's property is one.
    empty = total(http, "companies", propertyName="numberofemployees", operator="NOT_HAS_PROPERTY")
    assert 0 < empty < report.counts["companies"]
    pipelines = http.ok("GET", "/crm/v3/pipelines/deals")["results"]
    ids = [stage["id"] for one in pipelines for stage in one["stages"]]
    assert (len(pipelines) > 1, len(ids)) == (True, len(set(ids)))


def test_a_later_week_changes_what_differs_and_nothing_else(
    world: Portal, http: Http, tmp_path: Path
) -> None:
    first, second = generate(tmp_path, accounts=60, weeks=2)
    load_folder(world.portal, first)
    before = total(http, "companies")
    history = world.portal.store.history
    world.clock.advance(7 * 86_400)
    report = load_folder(world.portal, second)
    assert total(http, "companies") == report.counts["companies"] >= before
    touched = history.touches()
    assert 0 < touched < 200
    assert history.no_op_touches() == 0
    moved = {"propertyName": "hs_lastmodifieddate", "operator": "GT", "value": "2026-11-05T00:00:00Z"}
    changed = http.found("companies", **moved)
    assert {one.removeprefix("0-2/") for one in history.touched() if one.startswith("0-2/")} <= set(changed)
    load_folder(world.portal, second)
    assert history.touches() == touched


def test_ids_that_look_like_hubspots_stay_as_they_are(tmp_path: Path) -> None:
    text = "account_id,name\n7945143592,A\nown-1,B\n007,C\n"
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")
    report = load_folder(HubSpotPortal(), tmp_path)
    assert report.ids["account:7945143592"] == "7945143592"
    assert report.ids["account:007"] != "007"
    assert len(set(report.ids.values())) == 3


def test_leads_become_contacts(tmp_path: Path) -> None:
    text = "lead_id,company,status\nL1,Example,New\nL2,Example,Nurturing\n"
    (tmp_path / "leads.csv").write_text(text, encoding="utf-8")
    (tmp_path / "accounts.csv").write_text("account_id,name\nA,A\n", encoding="utf-8")
    portal = HubSpotPortal()
    report = load_folder(portal, tmp_path)
    first, second = (portal.values("contacts", report.ids[f"lead:{one}"]) for one in ("L1", "L2"))
    assert (first["lifecyclestage"], first["hs_lead_status"]) == ("lead", "NEW")
    assert "hs_lead_status" not in second


def test_people_start_it_and_are_told_how_to_use_it(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,name\n1,A\n", encoding="utf-8")
    command = [sys.executable, "-m", "crm_segments", "sandbox", "hubspot", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            first = running.stdout.readline()
            url = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert url is not None
            assert "1 companies" in first
            told = [running.stdout.readline() for _ in range(7)]
            assert '  crm = "hubspot"\n' in told
            assert f'  endpoint = "{url[0]}"\n' in told
            name, _, key = told[5].strip().partition("=")
            assert name == "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN"
            headers = {"Authorization": f"Bearer {key}"}
            answer = requests.get(f"{url[0]}/crm/v3/objects/companies", headers=headers, timeout=20)
            assert [one["properties"]["name"] for one in answer.json()["results"]] == ["A"]
        finally:
            os.kill(running.pid, signal.SIGINT)
    assert running.returncode == 0
