"""Pipelines: the stages that deals go through."""

from collections.abc import Mapping

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.errors import object_not_found
from crm_segments.sandbox.hubspot.people import Pipeline

__all__ = ["ROUTES"]

ROUTES = Routes()


@ROUTES.add("GET", "/crm/v3/pipelines/{kind}", documented("CRM pipelines: Retrieve all pipelines"))
def list_pipelines(ask: Ask) -> Reply:
    """All pipelines of a kind; only deals have some here."""
    found = _pipelines(ask)
    return json_reply(200, {"results": [one.as_json(order) for order, one in enumerate(found.values())]})


@ROUTES.add("GET", "/crm/v3/pipelines/{kind}/{pipeline_id}", documented("CRM pipelines: Retrieve a pipeline"))
def read_pipeline(ask: Ask) -> Reply:
    """One pipeline."""
    found = _pipelines(ask)
    one = found.get(ask.param("pipeline_id"))
    if one is None:
        raise object_not_found(f"Pipeline {ask.param('pipeline_id')} does not exist")
    return json_reply(200, one.as_json(list(found).index(one.id)))


def _pipelines(ask: Ask) -> Mapping[str, Pipeline]:
    kind = ask.kind()
    ask.require([*kind.read_scopes, *kind.schema_read_scopes])
    ask.check_query()
    return ask.portal.pipelines if kind.name == "deals" else {}
