"""What goes wrong when it is told to: what the client sees, and what the org has done."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from crm_segments.sandbox import (
    PID_HEADER,
    Fault,
    FaultPlan,
    answer_lost,
    applied_late,
    client_killed,
    html_page,
    mangled,
    meanwhile,
    redirected,
    refused,
    reset_before,
    slow,
    truncated,
)
from crm_segments.sandbox.calls import Call, Reply, json_reply
from crm_segments.sandbox.salesforce.refusals import (
    concurrent_limit,
    query_timeout,
    server_unavailable,
    session_ended,
)
from tests.product.sandbox.conftest import Http, World


@pytest.fixture
def account(world: World) -> str:
    return world.org.add("Account", {"Name": "A"})


def write(http: Http, account: str, **more: Any) -> requests.Response:
    return http("PATCH", f"sobjects/Account/{account}", json={"Site": "new"}, **more)


def is_written(world: World, account: str) -> bool:
    return world.org.store.table("Account")[account].get("Site") == "new"


@pytest.mark.parametrize(
    ("fault", "applied"),
    [(reset_before(), False), (answer_lost(), True)],
    ids=["reset before", "answer lost"],
)
def test_a_cut_connection_looks_the_same_whether_or_not_the_org_wrote(
    world: World, http: Http, account: str, fault: Fault, applied: bool
) -> None:
    world.emulator.faults.at(1, fault, method="PATCH")
    with pytest.raises(requests.ConnectionError) as cut:
        write(http, account)
    assert "reset" in str(cut.value).lower()
    assert is_written(world, account) is applied
    assert write(http, account).status_code == 204


def test_a_truncated_answer_ends_within_its_body(world: World, http: Http, account: str) -> None:
    world.emulator.faults.at(1, truncated())
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as cut:
        http("GET", f"sobjects/Account/{account}")
    found = re.search(r"IncompleteRead\((\d+) bytes read, (\d+) more expected", str(cut.value))
    assert found is not None
    assert abs(int(found[1]) - int(found[2])) <= 1


@pytest.mark.parametrize("applied", [False, True])
def test_a_maintenance_page_has_the_status_of_success(
    world: World, http: Http, account: str, applied: bool
) -> None:
    world.emulator.faults.at(1, html_page(applied=applied))
    answer = write(http, account)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert answer.text.startswith("<html>")
    assert is_written(world, account) is applied


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [(refused(429, retry_after=7), 429, "7"), (refused(503), 503, None), (refused(500), 500, None)],
)
def test_refusals_come_with_and_without_advice(
    world: World, http: Http, account: str, fault: Fault, status: int, retry_after: str | None
) -> None:
    world.emulator.faults.at(1, fault)
    answer = write(http, account)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    assert not is_written(world, account)


def test_a_request_may_be_carried_out_after_the_client_gave_up(
    world: World, http: Http, account: str
) -> None:
    world.emulator.faults.at(1, applied_late(later=2), method="PATCH")
    with pytest.raises(requests.ConnectionError):
        write(http, account)
    soql = "SELECT Site FROM Account"
    assert http.values(soql) == [None]
    assert http.values(soql) == ["new"]


def test_a_redirect_sends_the_client_elsewhere(world: World, http: Http, account: str) -> None:
    world.emulator.faults.at(1, redirected("https://elsewhere.example/"))
    answer = write(http, account, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")
    assert not is_written(world, account)


def test_an_answer_can_be_changed_on_its_way(world: World, http: Http) -> None:
    def point_away(reply: Reply) -> Reply:
        page = {**json.loads(reply.body), "done": False, "nextRecordsUrl": "@elsewhere.example/"}
        return json_reply(reply.status, page)

    world.emulator.faults.at(1, mangled(point_away), path="query")
    assert http.query("SELECT Id FROM Account").json()["nextRecordsUrl"] == "@elsewhere.example/"
    assert http.query("SELECT Id FROM Account").json()["done"] is True


def test_something_may_happen_between_two_requests(world: World, http: Http, account: str) -> None:
    world.emulator.faults.at(1, meanwhile(lambda: world.org.store.delete(account, world.org.admin_id)))
    assert http.values("SELECT Id FROM Account") == [account]
    assert http.values("SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (session_ended(), 401, "INVALID_SESSION_ID"),
        (concurrent_limit(), 403, "REQUEST_LIMIT_EXCEEDED"),
        (query_timeout(), 400, "QUERY_TIMEOUT"),
        (server_unavailable(retry_after=3), 503, "SERVER_UNAVAILABLE"),
    ],
)
def test_passing_refusals_look_like_those_of_salesforce(
    world: World, http: Http, fault: Fault, status: int, code: str
) -> None:
    world.emulator.faults.at(1, fault)
    assert http.error("GET", "limits") == (status, code)
    assert http("GET", "limits").status_code == 200


def test_answers_say_what_time_it_is_by_the_clock_of_the_org(world: World, http: Http) -> None:
    assert http("GET", "limits").headers["Date"] == "Mon, 02 Nov 2026 09:00:00 GMT"
    world.clock.advance(90)
    answer = http("GET", "limits")
    assert answer.headers["Date"] == "Mon, 02 Nov 2026 09:01:30 GMT"
    world.emulator.faults.at(1, html_page())
    assert http("GET", "limits").headers["Date"] == "Mon, 02 Nov 2026 09:01:30 GMT"


def test_a_slow_answer_takes_its_time_by_the_clock_of_the_org(world: World, http: Http, account: str) -> None:
    world.emulator.faults.at(1, slow(30))
    before = world.clock.now()
    assert write(http, account).status_code == 204
    assert (world.clock.now() - before).total_seconds() == 30


def test_every_request_can_be_given_a_latency(world: World, http: Http) -> None:
    world.emulator.wire.latency_seconds = 0.12
    before = world.clock.now()
    http("GET", "limits")
    http("GET", "limits")
    assert (world.clock.now() - before).total_seconds() == pytest.approx(0.24)


@pytest.mark.parametrize(
    ("fault", "applied"),
    [(client_killed(applied=False), False), (client_killed(applied=True), True)],
    ids=["before", "after"],
)
def test_a_client_can_be_killed_before_and_after_the_org_wrote(
    world: World, http: Http, account: str, fault: Fault, applied: bool
) -> None:
    code = (
        "import http.client, json, os, sys\n"
        "host, path, token = sys.argv[1:]\n"
        "connection = http.client.HTTPConnection(host)\n"
        "headers = {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json',"
        f" '{PID_HEADER}': str(os.getpid())}}\n"
        "connection.request('PATCH', path, json.dumps({'Site': 'new'}), headers)\n"
        "print(connection.getresponse().status)\n"
    )
    world.emulator.faults.at(1, fault, method="PATCH")
    path = f"/services/data/v67.0/sobjects/Account/{account}"
    host = world.url.removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-c", code, host, path, http.token], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-9, "")
    assert is_written(world, account) is applied


def test_nobody_is_killed_who_does_not_name_himself(world: World, http: Http, account: str) -> None:
    world.emulator.faults.at(1, client_killed(applied=True))
    assert write(http, account).status_code == 500


@pytest.mark.parametrize(
    ("plan", "hits"),
    [
        (lambda plan: plan.at(2, refused(503)), [2]),
        (lambda plan: plan.at([1, 3], refused(503), method="GET"), [1, 5]),
        (lambda plan: plan.at(1, refused(503), path="b$"), [4]),
        (lambda plan: plan.at(1, refused(503)).at(2, refused(500)), [1, 2]),
    ],
    ids=["by position", "by method", "by path", "two"],
)
def test_faults_are_planned_by_the_position_among_the_requests_that_fit(
    plan: Callable[[FaultPlan], FaultPlan], hits: list[int]
) -> None:
    calls = [Call("GET", "/a"), Call("POST", "/a"), Call("GET", "/a"), Call("POST", "/b"), Call("GET", "/b")]
    made = plan(FaultPlan())
    assert [index for index, call in enumerate(calls, start=1) if made.fault_for(call)] == hits


@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_faults(seed: int) -> None:
    menu = [reset_before(), answer_lost(), refused(503)]
    first, second = (FaultPlan().by_chance(seed, 0.4, menu) for _ in range(2))
    calls = [Call("GET", "/a")] * 50
    drawn = [first.fault_for(call) for call in calls]
    assert drawn == [second.fault_for(call) for call in calls]
    assert 0 < sum(fault is not None for fault in drawn) < 50


def test_the_wire_remembers_requests_and_connections(world: World, http: Http) -> None:
    for _ in range(3):
        http("GET", "limits")
    world.http()("POST", "composite", json={})
    wire = world.emulator.wire
    assert [call.method for call in wire.requests()] == ["GET", "GET", "GET", "POST"]
    assert len(wire.requests("GET", "limits")) == 3
    assert [exchange.status for exchange in wire.exchanges] == [200, 200, 200, 400]
    assert wire.connection_count() == 2


def test_the_server_listens_on_this_machine_only(world: World) -> None:
    port = int(world.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
