"""The account: who it is, how much it may call, and how many properties it may have."""

from datetime import timedelta

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text

__all__ = ["ROUTES"]

ROUTES = Routes()
_OVERALL = 10_000


@ROUTES.add("GET", "/account-info/v3/details", documented("Account information: Get account details"))
def details(ask: Ask) -> Reply:
    """Which account the token belongs to."""
    ask.check_query()
    milliseconds, offset = _offset(ask)
    portal = ask.portal
    content = {
        "portalId": portal.portal_id,
        "accountType": portal.account_type,
        "timeZone": portal.zone,
        "companyCurrency": portal.currency,
        "additionalCurrencies": [],
        "utcOffset": offset,
        "utcOffsetMilliseconds": milliseconds,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return json_reply(200, content)


@ROUTES.add("GET", "/integrations/v1/me", recorded("account.json: integrations_v1_me"))
def legacy_details(ask: Ask) -> Reply:
    """The same in its older form."""
    ask.check_query()
    milliseconds, offset = _offset(ask)
    portal = ask.portal
    content = {
        "portalId": portal.portal_id,
        "timeZone": portal.zone,
        "accountType": portal.account_type,
        "currency": portal.currency,
        "utcOffset": offset,
        "utcOffsetMilliseconds": milliseconds,
    }
    return json_reply(200, content)


@ROUTES.add(
    "GET",
    "/account-info/v3/api-usage/daily/private-apps",
    documented("Account information: Retrieve private app daily API usage"),
)
def daily_usage(ask: Ask) -> Reply:
    """How many calls there were today, and when the count begins anew."""
    ask.check_query()
    entry = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": ask.portal.settings.daily_calls,
        "currentUsage": ask.portal.limits.used_today,
        "collectedAt": moment_text(ask.portal.now()),
        "fetchStatus": "SUCCESS",
        "resetsAt": moment_text(ask.portal.limits.resets_at),
    }
    return json_reply(200, {"results": [entry]})


@ROUTES.add(
    "GET", "/crm/v3/limits/custom-properties", recorded("limits_2026_09.json: limits_custom_properties_200")
)
def custom_properties(ask: Ask) -> Reply:
    """How many custom properties there are, and how many there may be."""
    kinds = {one.type_id: one for one in ask.portal.kinds.values()}.values()
    # Recorded: rights on definitions alone are not enough, one right to read records is.
    ask.require(sorted({scope for kind in kinds for scope in kind.read_scopes if "objects" in scope}))
    ask.check_query()
    usage = {kind.type_id: _custom_count(ask, kind) for kind in kinds}
    content = {
        "overallLimit": _OVERALL,
        "overallUsage": sum(usage.values()),
        "byObjectType": [
            {
                "objectTypeId": kind.type_id,
                "singularLabel": kind.label,
                "limit": ask.portal.settings.custom_property_limit,
                "usage": usage[kind.type_id],
            }
            for kind in kinds
        ],
    }
    return json_reply(200, content)


def _custom_count(ask: Ask, kind: Kind) -> int:
    properties = ask.portal.definitions(kind).values()
    return sum(1 for one in properties if not one.hubspot_defined and one.archived_at is None)


def _offset(ask: Ask) -> tuple[int, str]:
    shift = ask.portal.limits.utc_offset
    minutes = abs(shift) // timedelta(minutes=1)
    sign = "-" if shift < timedelta() else "+"
    return shift // timedelta(milliseconds=1), f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
