"""The standard objects of an org, with the fields that a fresh one shows."""

from crm_segments.sandbox.salesforce.catalog.activities import event, task
from crm_segments.sandbox.salesforce.catalog.org import (
    currency_type,
    group,
    organization,
    profile,
    record_type,
    user,
)
from crm_segments.sandbox.salesforce.catalog.people import contact, lead
from crm_segments.sandbox.salesforce.catalog.permissions import (
    field_permissions,
    object_permissions,
    permission_set,
    permission_set_assignment,
)
from crm_segments.sandbox.salesforce.catalog.sales import (
    account,
    campaign,
    opportunity,
    opportunity_line_item,
    pricebook,
    pricebook_entry,
    product,
    topic,
)
from crm_segments.sandbox.salesforce.catalog.tooling import apex_class, custom_field
from crm_segments.sandbox.salesforce.catalog.views import list_view
from crm_segments.sandbox.salesforce.sobjects import SObject

__all__ = ["standard_objects"]


def standard_objects() -> list[SObject]:
    """Fresh copies of all standard objects, so that orgs share nothing."""
    makers = (
        account,
        contact,
        lead,
        opportunity,
        opportunity_line_item,
        product,
        pricebook,
        pricebook_entry,
        campaign,
        topic,
        task,
        event,
        user,
        group,
        profile,
        organization,
        record_type,
        currency_type,
        permission_set,
        permission_set_assignment,
        field_permissions,
        object_permissions,
        list_view,
        custom_field,
        apex_class,
    )
    return [make() for make in makers]
