"""All routes, in the order in which they are tried."""

from crm_segments.sandbox.salesforce.asks import Routes
from crm_segments.sandbox.salesforce.routes import (
    bulk_ingest,
    bulk_query,
    collections,
    composite,
    describe,
    limits,
    list_views,
    login,
    object_info,
    query,
    records,
    soap,
    tooling,
    versions,
)

__all__ = ["all_routes"]


def all_routes() -> Routes:
    """All routes; fixed paths stand before those with parts that vary."""
    table = Routes()
    for module in (
        login,
        soap,
        versions,
        limits,
        query,
        collections,
        composite,
        tooling,
        list_views,
        object_info,
        bulk_query,
        bulk_ingest,
        describe,
        records,
    ):
        table.include(module.ROUTES)
    return table
