"""What the emulated HubSpot itself costs, so that measurements of clients can be told from it.

The server runs in this process, its client in another one: the CPU time of this process is the server's.
"""

import json
import subprocess
import sys
import time

from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.hubspot import (
    ALL_SCOPES,
    HubSpotEmulator,
    HubSpotPortal,
    Option,
    PortalSettings,
    Property,
)

__all__ = ["report"]

RECORDS = 100_000
PAGE = 100
KEY = "pat-na1-benchmark"
NO_LIMIT = 10**9
CASES = ("a call that does nothing", "list page", "batch update", "batch read", "search")
CALLS = 200


def report() -> None:
    """Print the table."""
    print("# The emulated HubSpot\n")
    print(f"{RECORDS:,} companies; {CALLS} calls of each kind through one connection.\n")
    print("| call | server CPU ms per call | us per record |")
    print("|---|---:|---:|")
    with SandboxServer(HubSpotEmulator(_portal()).wire) as server:
        for case in CASES:
            command = [sys.executable, "-m", "benchmarks.hubspot_server", server.url, case]
            began = time.process_time()
            subprocess.run(command, check=True)
            cpu = (time.process_time() - began) / CALLS
            records = 200 if case == "search" else PAGE
            share = "" if case == CASES[0] else f"{cpu / records * 1e6:.0f}"
            print(f"| {case} | {cpu * 1000:.2f} | {share} |")
    print()


def _portal() -> HubSpotPortal:
    settings = PortalSettings(burst_calls=NO_LIMIT, daily_calls=NO_LIMIT, search_calls=NO_LIMIT)
    portal = HubSpotPortal(settings=settings)
    portal.keys.add_service_key("Benchmark", ALL_SCOPES, user_id=portal.admin.user_id, key=KEY)
    segment = Property(name="crm_segment", label="Segment", type="enumeration", field_type="select")
    segment.set_options([Option(f"s{index}", f"Segment {index}") for index in range(8)])
    portal.add_property("companies", segment)
    portal.add_property("companies", Property(name="crm_segment_reason", label="Reason"))
    for index in range(RECORDS):
        values = {"name": f"Company {index}", "country": "US", "numberofemployees": str(index)}
        portal.add("companies", values, record_id=str(1000 + index))
    return portal


def _call(url: str, case: str) -> None:
    """The client's part, in a process of its own."""
    import requests  # noqa: PLC0415 (the server's process does not pay for it)

    start = f"{url}/crm/v3/objects/companies"
    properties = ["name", "country", "numberofemployees", "crm_segment", "crm_segment_reason"]
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        for number in range(CALLS):
            ids = [str(1000 + number * PAGE + row) for row in range(PAGE)]
            values = {"crm_segment": f"s{number % 8}", "crm_segment_reason": "412 employees; 6 deals won"}
            bodies: dict[str, object] = {
                "batch update": {"inputs": [{"id": one, "properties": values} for one in ids]},
                "batch read": {"inputs": [{"id": one} for one in ids], "properties": properties},
                "search": _window(ids[0], properties),
            }
            if case in bodies:
                path = f"{start}/{case.replace(' ', '/')}"
                answer = session.post(path, data=json.dumps(bodies[case]), timeout=60)
            elif case == "list page":
                names = ",".join(properties)
                page = f"{start}?limit={PAGE}&after={ids[0]}&properties={names}"
                answer = session.get(page, timeout=60)
            else:
                answer = session.get(f"{url}/account-info/v3/details", timeout=60)
            answer.raise_for_status()


def _window(after: str, properties: list[str]) -> dict[str, object]:
    """The next records after an id, changed since the beginning of time: every record is looked at."""
    filters = [
        {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"},
        {"propertyName": "hs_object_id", "operator": "GT", "value": after},
    ]
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    return {"filterGroups": [{"filters": filters}], "sorts": sorts, "limit": 200, "properties": properties}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _call(*sys.argv[1:])
    else:
        report()
