"""Who may call: keys, access tokens that end, scopes one by one."""

import pytest
import requests

from crm_segments.sandbox.hubspot import ALL_SCOPES
from tests.product.sandbox.hubspot.conftest import Http, Portal

COMPANIES = "/crm/v3/objects/companies"


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer nobody", "Bearer pat-na1-x"])
def test_nobody_is_answered_without_a_key(world: Portal, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(f"{world.url}{COMPANIES}", headers=headers, timeout=20)
    content = answer.json()
    assert (answer.status_code, content["category"]) == (401, "INVALID_AUTHENTICATION")
    assert content["message"].startswith("Authentication credentials not found")
    assert answer.headers["X-HubSpot-Correlation-Id"]
    assert "X-HubSpot-RateLimit-Max" not in answer.headers


def test_a_key_that_was_deleted_means_nothing(world: Portal, http: Http) -> None:
    assert http("GET", COMPANIES).status_code == 200
    world.portal.keys.revoke(world.key)
    assert http.error("GET", COMPANIES)[:2] == (401, "INVALID_AUTHENTICATION")


def test_access_tokens_end_after_half_an_hour_and_refresh_tokens_do_not(world: Portal) -> None:
    app = world.portal.keys.add_oauth_app("id", "secret", ["crm.objects.companies.read"], user_id=7)
    form = {"grant_type": "refresh_token", "client_id": "id", "client_secret": "secret"}
    form["refresh_token"] = app.refresh_token
    first = requests.post(f"{world.url}/oauth/v1/token", data=form, timeout=20).json()
    assert (first["expires_in"], first["token_type"]) == (1800, "bearer")
    assert first["refresh_token"] == app.refresh_token
    http = world.http(token=first["access_token"])
    world.clock.advance(1799)
    assert http("GET", COMPANIES).status_code == 200
    world.clock.advance(61)
    status, category, message = http.error("GET", COMPANIES)
    assert (status, category) == (401, "EXPIRED_AUTHENTICATION")
    assert message == "The OAuth token used to make this call expired 60 second(s) ago."
    second = requests.post(f"{world.url}/oauth/v1/token", data=form, timeout=20).json()
    assert second["access_token"] != first["access_token"]
    fresh = world.http(token=second["access_token"])
    assert fresh("GET", COMPANIES).status_code == 200
    assert world.portal.keys.refresh_count == 2
    world.portal.keys.expire_all()
    assert fresh.error("GET", COMPANIES)[1] == "EXPIRED_AUTHENTICATION"


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"client_id": "other"}, "invalid_client", "BAD_CLIENT_ID"),
        ({"client_secret": "other"}, "invalid_client", "BAD_CLIENT_SECRET"),
        ({"refresh_token": "other"}, "invalid_grant", "BAD_REFRESH_TOKEN"),
        ({"grant_type": "password"}, "unsupported_grant_type", "BAD_GRANT_TYPE"),
    ],
)
def test_refused_refreshes_say_why(world: Portal, changed: dict[str, str], error: str, code: str) -> None:
    app = world.portal.keys.add_oauth_app("id", "secret", [], user_id=7)
    form = {"grant_type": "refresh_token", "client_id": "id", "client_secret": "secret"}
    form |= {"refresh_token": app.refresh_token, **changed}
    answer = requests.post(f"{world.url}/oauth/v1/token", data=form, timeout=20)
    content = answer.json()
    assert (answer.status_code, content["status"], content["error"]) == (400, code, error)


def test_tokens_can_be_asked_what_they_may_do(world: Portal, http: Http) -> None:
    body = {"tokenKey": world.key}
    shown = http.ok("POST", "/oauth/v2/private-apps/get/access-token-info", json=body)
    assert (shown["hubId"], set(shown["scopes"])) == (world.portal.portal_id, set(ALL_SCOPES))
    other = {"tokenKey": "nobody"}
    assert http.error("POST", "/oauth/v2/private-apps/get/access-token-info", json=other)[0] == 400
    app = world.portal.keys.add_oauth_app("id", "secret", ["crm.lists.read"], user_id=7)
    token, _ = world.portal.keys.refresh("id", "secret", app.refresh_token)
    details = requests.get(f"{world.url}/oauth/v1/access-tokens/{token}", timeout=20).json()
    assert (details["scopes"], details["hub_id"]) == (["crm.lists.read"], world.portal.portal_id)
    world.clock.advance(1800)
    assert requests.get(f"{world.url}/oauth/v1/access-tokens/{token}", timeout=20).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", COMPANIES, "crm.objects.companies.read"),
        ("POST", f"{COMPANIES}/search", "crm.objects.companies.read"),
        ("POST", f"{COMPANIES}/batch/read", "crm.objects.companies.read"),
        ("POST", f"{COMPANIES}/batch/update", "crm.objects.companies.write"),
        ("DELETE", f"{COMPANIES}/1", "crm.objects.companies.write"),
        ("GET", "/crm/v3/objects/contacts", "crm.objects.contacts.read"),
        ("GET", "/crm/v3/objects/deals", "crm.objects.deals.read"),
        ("GET", "/crm/v3/objects/calls", "crm.objects.contacts.read"),
        ("GET", "/crm/v3/objects/line_items", "e-commerce"),
        ("GET", "/crm/v3/properties/companies", "crm.schemas.companies.read"),
        ("GET", "/crm/v3/properties/companies", "crm.objects.companies.read"),
        ("POST", "/crm/v3/properties/companies", "crm.schemas.companies.write"),
        ("POST", "/crm/v3/properties/companies/groups", "crm.schemas.companies.write"),
        ("GET", "/crm/v3/lists/1", "crm.lists.read"),
        ("POST", "/crm/v3/lists", "crm.lists.write"),
        ("GET", "/crm/v3/owners", "crm.objects.owners.read"),
        ("GET", "/crm/v3/pipelines/deals", "crm.objects.deals.read"),
    ],
)
def test_each_path_needs_its_scope(world: Portal, method: str, path: str, scope: str) -> None:
    without = world.http(*(ALL_SCOPES - {scope}), token=None)
    alternatives = {"crm.schemas.companies.read", "crm.objects.companies.read", "e-commerce"}
    narrow = world.http("crm.objects.quotes.read")
    answer = narrow(method, path, json={})
    content = answer.json()
    assert (answer.status_code, content["category"]) == (403, "MISSING_SCOPES")
    assert scope in content["errors"][0]["context"]["requiredGranularScopes"]
    assert world.http(scope)(method, path, json={}).status_code != 403
    if scope not in alternatives:
        assert without(method, path, json={}).status_code in {200, 201, 204, 400, 403, 404}


def test_associations_need_the_scopes_of_both_kinds(world: Portal) -> None:
    narrow = world.http("crm.objects.companies.read")
    assert narrow.error("GET", f"{COMPANIES}?associations=contacts")[:2] == (403, "MISSING_SCOPES")
    path = "/crm/v4/associations/companies/contacts/batch/read"
    assert narrow.error("POST", path, json={"inputs": [{"id": "1"}]})[:2] == (403, "MISSING_SCOPES")
    both = world.http("crm.objects.companies.read", "crm.objects.contacts.read")
    assert both("POST", path, json={"inputs": [{"id": "1"}]}).status_code == 207


def test_the_account_needs_no_scope(world: Portal) -> None:
    details = world.http("crm.lists.read").ok("GET", "/account-info/v3/details")
    assert (details["portalId"], details["timeZone"]) == (world.portal.portal_id, "US/Eastern")
    assert (details["utcOffset"], details["utcOffsetMilliseconds"]) == ("-05:00", -18_000_000)


def test_owners_are_found_by_address_and_by_user(world: Portal, http: Http) -> None:
    owner = world.portal.add_owner("sales@example.com", "Sales", "North")
    (found,) = http.ok("GET", "/crm/v3/owners?email=SALES@example.com")["results"]
    assert (found["id"], found["userId"]) == (owner.id, owner.user_id)
    assert http.ok("GET", f"/crm/v3/owners/{owner.user_id}?idProperty=userId")["id"] == owner.id
    page = http.ok("GET", "/crm/v3/owners?limit=1")
    assert (len(page["results"]), page["paging"]["next"]["after"]) == (1, "1")
    owner.is_archived = True
    assert http.error("GET", f"/crm/v3/owners/{owner.id}")[:2] == (404, "OBJECT_NOT_FOUND")
    assert "userId" not in http.ok("GET", f"/crm/v3/owners/{owner.id}?archived=true")
    company = world.company()
    assert http.update({company: {"hubspot_owner_id": owner.id}}).status_code == 400
    assert http.update({company: {"hubspot_owner_id": world.portal.admin.id}}).status_code == 200
