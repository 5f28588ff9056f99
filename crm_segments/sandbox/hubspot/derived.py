"""Values that HubSpot fills itself when a record is made or changed."""

from collections.abc import Mapping

from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.people import Pipeline

__all__ = ["derived_at_birth", "derived_by_change"]


def derived_at_birth(kind: Kind, values: Mapping[str, str], record_id: str) -> dict[str, str]:
    """What a new record gets besides what it was given (recorded: objects_v3.json)."""
    if kind.name == "companies" and "domain" in values and "website" not in values:
        return {"website": values["domain"]}
    if kind.name == "contacts":
        return {
            "hs_all_contact_vids": record_id,
            "hs_is_contact": "true",
            "hs_is_unworked": "true",
            "hs_pipeline": "contacts-lifecycle-pipeline",
        }
    return {}


def derived_by_change(
    kind: Kind, values: Mapping[str, str | None], pipelines: Mapping[str, Pipeline]
) -> dict[str, str | None]:
    """What follows from the values of a write."""
    if kind.name == "contacts" and "email" in values:
        email = values["email"]
        return {"hs_email_domain": None if email is None else email.partition("@")[2]}
    if kind.name != "deals":
        return {}
    derived: dict[str, str | None] = {}
    if "amount" in values:
        derived["amount_in_home_currency"] = values["amount"]
    stage_id = values.get("dealstage")
    for pipeline in pipelines.values():
        stage = pipeline.stages.get(stage_id or "")
        if stage is not None:
            derived["hs_is_closed"] = "true" if stage.is_closed else "false"
            derived["hs_is_closed_won"] = "true" if stage.is_won else "false"
            derived["hs_deal_stage_probability"] = stage.probability
    return derived
