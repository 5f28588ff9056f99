"""How much the org may still do, and how many records it has."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.errors import ApiError

__all__ = ["ROUTES"]

ROUTES = Routes()


@ROUTES.add("GET", "/services/data/v{version}/limits", documented("REST API: Limits"))
def limits(ask: Ask) -> Reply:
    """Maximum and remainder of each limit, for those who may look into the setup."""
    _require_setup(ask)
    org = ask.org
    query_jobs = org.settings.bulk_daily_query_jobs
    left = {
        "DailyApiRequests": (org.settings.daily_api_requests, org.usage.used),
        "DailyBulkApiBatches": (15_000, org.bulk.batch_count),
        "DailyBulkV2QueryFileStorageMB": (976_562, 0),
        "DailyBulkV2QueryJobs": (query_jobs, org.bulk.query_count),
        "DataStorageMB": (5, 0),
        "FileStorageMB": (20, 0),
    }
    content = {name: {"Max": most, "Remaining": max(most - used, 0)} for name, (most, used) in left.items()}
    return json_reply(200, content)


@ROUTES.add(
    "GET",
    "/services/data/v{version}/limits/recordCount",
    recorded("cumulusci_rest.json: get_data_vxx.0_limits_recordCount_200"),
)
def record_count(ask: Ask) -> Reply:
    """How many records the org has of these objects, whoever may see them.

    For those who may look into the setup (REST API Developer Guide, "Record Count", read 2026-11).
    """
    _require_setup(ask)
    wanted = ask.call.query.get("sObjects")
    names = wanted.split(",") if wanted else [one.name for one in ask.org.store.objects()]
    counts = []
    for name in names:
        sobject = ask.org.store.sobject(name.strip())
        if sobject is None or not ask.org.access.allows(ask.user, sobject, "Read"):
            continue
        rows = ask.org.store.table(sobject.name).values()
        count = sum(1 for row in rows if not row.get("IsDeleted"))
        counts.append({"count": count, "name": sobject.name})
    return json_reply(200, {"sObjects": sorted(counts, key=lambda entry: str(entry["name"]))})


def _require_setup(ask: Ask) -> None:
    if not ask.org.access.has(ask.user, "ViewSetup"):
        raise ApiError(403, "INSUFFICIENT_ACCESS", "This user lacks View Setup and Configuration.")
