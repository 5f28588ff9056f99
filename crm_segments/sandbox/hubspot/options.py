"""Options and stages for the words of files: known ones by label, others as an administrator adds them."""

import re

from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.people import Pipeline, Stage
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.properties import Option, Property
from crm_segments.sandbox.loading import Cells

__all__ = ["choose_option", "choose_stage"]

_FREE = frozenset({"industry", "dealtype"})
"""Properties to which an option is added for every word that they lack."""


def choose_option(one: Property, text: str) -> str | None:
    """The value whose label or value is this word, whatever its capitals; None where there is none."""
    wanted = text.casefold()
    for option in one.options:
        if wanted in {option.value.casefold(), option.label.casefold()}:
            return option.value
    if one.name not in _FREE:
        return None
    value = _slug(text).upper() if one.name == "industry" else _slug(text).replace("_", "")
    if value not in one.values:
        one.set_options([*one.options, Option(value, text, len(one.options))])
    return value


def choose_stage(portal: HubSpotPortal, cells: Cells) -> dict[str, str]:
    """Pipeline and stage of a deal, which are added where the portal lacks them."""
    pipeline = _pipeline(portal, str(cells.get("pipeline") or ""))
    closed, won = cells.get("is_closed") is True, cells.get("is_won") is True
    label = str(cells.get("stage") or "").strip()
    fitting = [one for one in pipeline.stages.values() if (one.is_closed, one.is_won) == (closed, won)]
    named = [one for one in fitting if one.label.casefold() == label.casefold()]
    if named or closed or not label:
        stage = (named or fitting)[0]
    else:
        stage = Stage(f"{pipeline.id}_{_slug(label)}", label, "0.5", is_closed=False)
        pipeline.stages[stage.id] = stage
    return {"pipeline": pipeline.id, "dealstage": stage.id}


def _pipeline(portal: HubSpotPortal, label: str) -> Pipeline:
    if not label:
        return portal.pipelines["default"]
    pipeline_id = _slug(label)
    known = portal.pipelines.get(pipeline_id)
    if known is None:
        known = Pipeline(pipeline_id, label, moment_text(portal.now()))
        for one in portal.pipelines["default"].stages.values():
            # No two stages of a portal have one id.
            stage = Stage(f"{pipeline_id}_{one.id}", one.label, one.probability, one.is_closed)
            known.stages[stage.id] = stage
        portal.pipelines[pipeline_id] = known
    return known


def _slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.casefold()).strip("_") or "other"
