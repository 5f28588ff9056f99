"""What was done with people and accounts."""

from dataclasses import replace

from crm_segments.sandbox.salesforce.catalog.kinds import (
    area,
    audit,
    day,
    deleted,
    fixed,
    flag,
    key,
    moment,
    owner,
    picklist,
    reference,
    text,
    whole,
)
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject

__all__ = ["event", "task"]


def _about() -> list[Field]:
    return [
        reference("WhoId", "Name ID", ("Contact", "Lead"), "Who"),
        reference("WhatId", "Related To ID", ("Account", "Campaign", "Opportunity"), "What"),
        Field(name="Subject", label="Subject", type="combobox", length=255),
    ]


def task() -> SObject:
    """Something to do, or done: a call, a mail."""
    states = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    status = picklist("Status", "Status", *states)
    priority = picklist("Priority", "Priority", "High", "Normal", "Low")
    fields = [
        key("Activity"),
        *_about(),
        day("ActivityDate", "Due Date Only"),
        replace(status, nillable=False, default="Not Started", defaulted=True, permissionable=False),
        replace(priority, nillable=False, default="Normal", defaulted=True, permissionable=False),
        owner("Group", "User"),
        area("Description", "Description"),
        deleted(),
        fixed(reference("AccountId", "Account ID", "Account")),
        fixed(flag("IsClosed", "Closed"), nillable=False, defaulted=True),
        *audit(),
        fixed(flag("IsArchived", "Archived"), nillable=False, defaulted=True),
        picklist("CallType", "Call Type", "Internal", "Inbound", "Outbound"),
        picklist("TaskSubtype", "Task Subtype", "Task", "Email", "Call", restricted=True),
        fixed(moment("CompletedDateTime", "Completed Date")),
    ]
    return make_object(("Task", "Task", "Tasks"), "00T", fields)


def event() -> SObject:
    """A meeting."""
    fields = [
        key("Activity"),
        *_about(),
        text("Location", "Location", 255),
        flag("IsAllDayEvent", "All-Day Event"),
        moment("ActivityDateTime", "Due Date Time"),
        day("ActivityDate", "Due Date Only"),
        whole("DurationInMinutes", "Duration"),
        area("Description", "Description"),
        fixed(reference("AccountId", "Account ID", "Account")),
        owner(),
        deleted(),
        *audit(),
        fixed(flag("IsArchived", "Archived"), nillable=False, defaulted=True),
    ]
    return make_object(("Event", "Event", "Events"), "00U", fields)
