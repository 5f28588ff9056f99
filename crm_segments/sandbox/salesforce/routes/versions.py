"""Which versions of the API there are, and what one of them offers."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.salesforce.asks import Ask, Routes

__all__ = ["ROUTES", "VERSIONS"]

VERSIONS = tuple(f"{number}.0" for number in range(31, 68))
"""Versions 21 to 30 are retired (release notes of Summer '25); 67.0 is Summer '26."""

ROUTES = Routes()
_SEASONS = ("Spring", "Summer", "Winter")


def _label(version: str) -> str:
    """`Summer '26` for 67.0: three releases a year, winter named after the year to come."""
    number = int(version.partition(".")[0])
    year, season = divmod(number - 66 + 26 * 3, 3)
    return f"{_SEASONS[season]} '{year + (season == 2):02d}"


@ROUTES.add("GET", "/services/data", documented("REST API: Versions"), needs_login=False)
def list_versions(_ask: Ask) -> Reply:
    """All versions, the oldest first."""
    entries = [
        {"label": _label(version), "url": f"/services/data/v{version}", "version": version}
        for version in VERSIONS
    ]
    return json_reply(200, entries)


@ROUTES.add("GET", "/services/data/v{version}", documented("REST API: Resources by Version"))
def list_resources(ask: Ask) -> Reply:
    """Where the parts of this version are."""
    base = f"/services/data/v{ask.version}"
    names = ("sobjects", "query", "queryAll", "limits", "composite", "tooling", "jobs", "ui-api")
    who = f"https://login.salesforce.com/id/{ask.org.org_id}/{ask.user}"
    return json_reply(200, {**{name: f"{base}/{name}" for name in names}, "identity": who})
