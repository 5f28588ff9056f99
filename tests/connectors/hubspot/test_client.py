"""What each answer of HubSpot means: refusals, limits, pages of others, half answers."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.config import ConnectionSettings
from connectors.errors import (
    AccessError,
    AuthError,
    ConfigError,
    CrmSegmentsError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
)
from connectors.hubspot.paths import checked_version, end_of_life, spelled
from connectors.model import FieldWrite, ObjectKind
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.faults import (
    Fault,
    html_page,
    mangled,
    redirected,
    refused,
    reset_before,
    truncated,
)
from crm_segments.sandbox.hubspot.refusals import busy, locked, migrating, processing_limit
from tests.hubspot import HubSpotWorld

COMPANIES = ObjectKind.ACCOUNT


def fails(world: HubSpotWorld, fault: Fault) -> CrmSegmentsError:
    """What the next request ends in."""
    world.emulator.faults.at(1, fault)
    with pytest.raises(CrmSegmentsError) as caught:
        world.connector.identify()
    assert world.key not in f"{caught.value} {caught.value.hint} {caught.value.details}"
    return caught.value


@pytest.mark.parametrize(
    ("make", "seconds"),
    [
        pytest.param(locked, 2.0, id="423"),
        pytest.param(busy, None, id="503"),
        pytest.param(lambda: busy(retry_after=7), 7.0, id="503-retry-after"),
        pytest.param(lambda: migrating(30), 30.0, id="477-soon"),
        pytest.param(processing_limit, None, id="502"),
        pytest.param(lambda: processing_limit(504), None, id="504"),
        pytest.param(html_page, None, id="html-200"),
        pytest.param(truncated, None, id="truncated-json"),
        pytest.param(reset_before, None, id="reset"),
        pytest.param(lambda: refused(407, html=True, body="<html>"), None, id="proxy"),
    ],
)
def test_what_passes_by_itself_can_be_asked_again(
    hubspot: HubSpotWorld, make: Callable[[], Fault], seconds: float | None
) -> None:
    error = fails(hubspot, make())
    assert isinstance(error, UnavailableError)
    assert error.retry_after == seconds
    assert hubspot.connector.identify().account == "42000001"


def test_a_long_move_to_another_data_center_pauses_the_run(hubspot: HubSpotWorld) -> None:
    error = fails(hubspot, migrating(7200))
    assert isinstance(error, QuotaExhaustedError)
    assert "120 minutes" in error.hint


def test_a_redirect_is_not_followed(hubspot: HubSpotWorld) -> None:
    error = fails(hubspot, redirected(f"{hubspot.url}/elsewhere"))
    assert isinstance(error, ProtocolError)
    assert len(hubspot.calls()) == 1


def test_an_address_that_is_too_long_is_named(hubspot: HubSpotWorld) -> None:
    assert fails(hubspot, refused(414, html=True, body="<html>")).code == "hubspot.address.long"


def test_a_full_window_waits_and_goes_on(hubspot: HubSpotWorld) -> None:
    body = '{"status":"error","policyName":"TEN_SECONDLY_ROLLING","message":"ten_secondly_rolling limit"}'
    error = fails(hubspot, refused(429, body=body))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 10.0
    before = hubspot.clock.now()
    hubspot.connector.identify()
    assert (hubspot.clock.now() - before).total_seconds() == pytest.approx(10.0, abs=0.1)


def test_the_end_of_the_day_s_calls_says_when_it_goes_on(hubspot: HubSpotWorld) -> None:
    hubspot.connector.identify()
    hubspot.portal.limits.add(hubspot.settings.daily_calls)
    with pytest.raises(QuotaExhaustedError) as caught:
        hubspot.connector.identify()
    assert caught.value.details["resume_at"] == "2026-11-03T00:00:00-05:00"
    assert "2026-11-03 at 00:00" in caught.value.hint


def test_a_write_stops_before_it_touches_the_part_of_the_day_that_is_for_others(
    hubspot: HubSpotWorld,
) -> None:
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    hubspot.portal.limits.add(int(hubspot.settings.daily_calls * 0.85))
    hubspot.connector.describe(COMPANIES)
    with pytest.raises(QuotaExhaustedError):
        hubspot.connector.write(COMPANIES, [FieldWrite(company, {"city": "Rome"})], request_id="x")
    assert hubspot.portal.values("companies", company).get("city") is None


def test_a_missing_scope_is_named_with_the_place_to_add_it(hubspot: HubSpotWorld) -> None:
    key = hubspot.portal.keys.add_service_key("Narrow", {"crm.schemas.companies.read"}, user_id=1)
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    with pytest.raises(AccessError, match=r"crm\.objects\.companies\.read") as caught:
        hubspot.open(access_token=key).read(COMPANIES, [company], ["city"])
    assert "Service keys" in caught.value.hint


def test_a_deleted_key_is_refused_and_not_shown(hubspot: HubSpotWorld) -> None:
    hubspot.portal.keys.revoke(hubspot.key)
    with pytest.raises(AuthError) as caught:
        hubspot.connector.identify()
    assert caught.value.code == "hubspot.auth.refused"
    assert hubspot.key not in f"{caught.value}{caught.value.hint}{caught.value.__context__}"
    assert len(hubspot.calls()) == 1, "a refused key is never tried again"


def test_an_expired_token_of_an_app_names_the_way_out(hubspot: HubSpotWorld) -> None:
    app = hubspot.portal.keys.add_oauth_app("app", "secret", {"oauth"}, user_id=1)
    token, _ = hubspot.portal.keys.refresh("app", "secret", app.refresh_token)
    hubspot.portal.keys.expire_all()
    with pytest.raises(AuthError, match="expired") as caught:
        hubspot.open(access_token=token).identify()
    assert "service key" in caught.value.hint


def test_without_a_key_nothing_is_sent(hubspot: HubSpotWorld) -> None:
    with pytest.raises(AuthError, match="no key"):
        hubspot.open(access_token=" ").identify()  # noqa: S106 - it opens nothing
    assert hubspot.calls() == []


def test_the_endpoint_is_on_this_machine_only() -> None:
    from connectors.hubspot import open_configured  # noqa: PLC0415 - beside the one test
    from tests.meta.project import ROOT  # noqa: PLC0415

    for address in (
        "http://evil.example",
        "http://127.0.0.1@evil.example",
        "https://api.hubapi.com.evil.example",
    ):
        with pytest.raises(ConfigError):
            open_configured(ConnectionSettings(crm="hubspot", endpoint=address), folder=ROOT)


def test_one_connection_serves_all_calls(hubspot: HubSpotWorld) -> None:
    for _ in range(5):
        hubspot.connector.identify()
    (first, *rest) = [one.client for one in hubspot.emulator.wire.exchanges]
    assert rest == [first] * 4


def test_dated_paths_are_used_where_asked_for(hubspot: HubSpotWorld) -> None:
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    connector = hubspot.open(api_version="2026-09")
    connector.identify()
    assert connector.read(COMPANIES, [company], ["city"]).num_rows == 1
    assert all("/2026-09" in one.path for one in hubspot.calls())


def test_versions_that_hubspot_does_not_have_are_refused() -> None:
    for given in ("v4", "2026-05", "2025-09", "x"):
        with pytest.raises(ConfigError, match="api_version"):
            checked_version(given)


def test_each_version_has_an_end() -> None:
    assert end_of_life("v3").isoformat() == "2027-09-01"
    assert end_of_life("2026-09").isoformat() == "2028-03-01"
    assert spelled("/crm/v4/associations/deals", "2026-03") == "/crm/associations/2026-03/deals"


def test_an_answer_without_results_is_not_an_account_without_properties(hubspot: HubSpotWorld) -> None:
    hubspot.emulator.faults.at(1, refused(200, body='{"status":"ok"}'), path="properties/companies")
    with pytest.raises(UnavailableError, match="no results"):
        hubspot.connector.describe(COMPANIES)


def test_answers_that_hide_the_window_leave_the_smallest_one(hubspot: HubSpotWorld) -> None:
    def without(reply: Reply) -> Reply:
        kept = {name: value for name, value in reply.headers.items() if "RateLimit" not in name}
        return replace(reply, headers=kept)

    hubspot.emulator.faults.at(range(1, 200), mangled(without))
    before = hubspot.clock.now()
    for _ in range(100):
        hubspot.connector.identify()
    assert hubspot.clock.now() == before
    hubspot.connector.identify()
    assert (hubspot.clock.now() - before).total_seconds() == pytest.approx(10.0, abs=0.1)
