"""All routes, in the order in which they are tried."""

from crm_segments.sandbox.hubspot.asks import Routes
from crm_segments.sandbox.hubspot.routes import (
    account,
    associations,
    batches,
    groups,
    lists,
    memberships,
    oauth,
    owners,
    pipelines,
    properties,
    property_batches,
    records,
    schemas,
    search,
)

__all__ = ["all_routes"]


def all_routes() -> Routes:
    """All routes; fixed paths stand before those with parts that vary."""
    table = Routes()
    for module in (
        search,
        batches,
        records,
        groups,
        property_batches,
        properties,
        associations,
        memberships,
        lists,
        owners,
        pipelines,
        schemas,
        account,
        oauth,
    ):
        table.include(module.ROUTES)
    return table
