"""How often may be called: windows that slide, a day that ends at midnight, refusals that pass."""

import pytest

from crm_segments.sandbox import Fault
from crm_segments.sandbox.hubspot import refusals
from tests.product.sandbox.hubspot.conftest import Http, Portal

COMPANIES = "/crm/v3/objects/companies"


def statuses(http: Http, count: int) -> list[int]:
    """What so many calls in a row are answered."""
    return [http("GET", f"{COMPANIES}?limit=1").status_code for _ in range(count)]


@pytest.mark.parametrize("limit", [100, 190, 250])
def test_a_call_comes_free_ten_seconds_after_it(world: Portal, http: Http, limit: int) -> None:
    world.portal.settings.burst_calls = limit
    assert set(statuses(http, limit - 1)) == {200}
    world.clock.advance(4)
    assert statuses(http, 2) == [200, 429]
    world.clock.advance(5.9)
    assert statuses(http, 1) == [429]
    world.clock.advance(0.1)
    assert set(statuses(http, limit - 1)) == {200}
    assert statuses(http, 1) == [429]
    world.clock.advance(4)
    assert statuses(http, 2) == [200, 429]


def test_a_refusal_names_its_policy_and_says_when_nothing(world: Portal, http: Http) -> None:
    world.portal.settings.burst_calls = 1
    http("GET", COMPANIES)
    answer = http("GET", COMPANIES)
    content = answer.json()
    assert content["message"] == "You have reached your ten_secondly_rolling limit."
    assert (content["errorType"], content["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert content["groupName"].startswith(
        f"publicapi:private_app-api-calls-ten-secondly:{world.portal.portal_id}:"
    )
    assert "category" not in content
    assert "Retry-After" not in answer.headers
    assert answer.headers["X-HubSpot-RateLimit-Remaining"] == "0"


def test_headers_count_down(world: Portal, http: Http) -> None:
    world.portal.settings.burst_calls = 100
    left = [http("GET", COMPANIES).headers["X-HubSpot-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["99", "98", "97"]
    world.clock.advance(1)
    headers = http("GET", COMPANIES).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "100"
    assert headers["X-HubSpot-RateLimit-Secondly-Remaining"] == "9"


@pytest.mark.parametrize("count", [True, False])
def test_refused_calls_may_push_the_end_away(world: Portal, http: Http, count: bool) -> None:
    world.portal.settings.beliefs.refused_calls_count = count
    world.portal.settings.burst_calls = 2
    statuses(http, 2)
    world.clock.advance(9)
    assert statuses(http, 2) == [429, 429]
    world.clock.advance(1)
    assert statuses(http, 1) == ([429] if count else [200])


def test_each_app_has_a_window_of_its_own_and_all_share_the_day(world: Portal, http: Http) -> None:
    world.portal.settings.burst_calls = 2
    world.portal.settings.daily_calls = 5
    assert statuses(http, 3) == [200, 200, 429]
    other = world.http("crm.objects.companies.read")
    assert statuses(other, 2) == [200, 200]
    world.clock.advance(10)
    assert statuses(http, 2) == [200, 429]
    answer = http("GET", COMPANIES)
    assert answer.json()["policyName"] == "DAILY"
    assert answer.json()["message"] == "You have reached your daily limit."
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"


def test_the_day_ends_at_midnight_in_the_zone_of_the_account(world: Portal, http: Http) -> None:
    usage = "/account-info/v3/api-usage/daily/private-apps"
    world.portal.settings.daily_calls = 10
    (shown,) = http.ok("GET", usage)["results"]
    assert (shown["usageLimit"], shown["currentUsage"]) == (10, 1)
    # It is four in the morning there; midnight is five o'clock in UTC.
    assert shown["resetsAt"] == "2026-11-03T05:00:00Z"
    world.portal.limits.add(20)
    assert statuses(http, 1) == [429]
    world.clock.advance(20 * 3600 - 1)
    assert statuses(http, 1) == [429]
    world.clock.advance(1)
    assert http.ok("GET", usage)["results"][0]["currentUsage"] == 1


def test_searches_have_a_limit_of_their_own(world: Portal, http: Http) -> None:
    world.portal.settings.search_calls = 5
    world.portal.settings.burst_calls = 3
    path = f"{COMPANIES}/search"
    assert [http("POST", path, json={}).status_code for _ in range(6)] == [200] * 5 + [429]
    other = world.http("crm.objects.companies.read")
    answer = other("POST", path, json={})
    assert (answer.status_code, answer.json()["category"]) == (429, "RATE_LIMITS")
    assert "policyName" not in answer.json()
    assert "X-HubSpot-RateLimit-Max" not in answer.headers
    world.clock.advance(1)
    assert other("POST", path, json={}).status_code == 200


@pytest.mark.parametrize("count", [True, False])
def test_searches_may_use_up_the_window_of_the_app(world: Portal, http: Http, count: bool) -> None:
    world.portal.settings.beliefs.search_counts_in_burst = count
    world.portal.settings.burst_calls = 2
    for _ in range(2):
        http.search()
    assert statuses(http, 1) == ([429] if count else [200])


def test_apps_with_oauth_have_no_day_and_a_smaller_window(world: Portal) -> None:
    world.portal.settings.oauth_burst_calls = 2
    world.portal.settings.daily_calls = 0
    app = world.portal.keys.add_oauth_app("id", "secret", ["crm.objects.companies.read"], user_id=7)
    token, _ = world.portal.keys.refresh("id", "secret", app.refresh_token)
    http = world.http(token=token)
    answer = http("GET", COMPANIES)
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "2"
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    assert statuses(http, 2) == [200, 429]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (refusals.locked(), 423),
        (refusals.processing_limit(502), 502),
        (refusals.processing_limit(504), 504),
        (refusals.busy(retry_after=3), 503),
        (refusals.too_many_searches(), 429),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_refusals_that_pass(world: Portal, http: Http, fault: Fault, status: int) -> None:
    world.emulator.faults.at(1, fault)
    assert statuses(http, 2) == [status, 200]


def test_a_migrating_account_says_how_long(world: Portal, http: Http) -> None:
    world.emulator.faults.at(1, refusals.migrating(7200))
    answer = http("GET", COMPANIES)
    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "7200")
    assert answer.json()["status"] == "error"
