"""Calls, e-mails, meetings, notes and tasks."""

from crm_segments.sandbox.hubspot.catalog.making import choice, moment, texts
from crm_segments.sandbox.hubspot.properties import Property

__all__ = ["call_properties", "email_properties", "meeting_properties", "note_properties", "task_properties"]


def _at(singular: str) -> Property:
    return moment("hs_timestamp", "Activity date", f"{singular}_information")


def call_properties() -> list[Property]:
    """Calls."""
    group = "call_information"
    return [_at("call"), *texts(group, hs_call_title="Call Title", hs_call_body="Call notes")]


def email_properties() -> list[Property]:
    """E-mails."""
    group = "email_information"
    directions = {"EMAIL": "Email", "INCOMING_EMAIL": "Incoming Email", "FORWARDED_EMAIL": "Forwarded Email"}
    return [
        _at("email"),
        *texts(group, hs_email_subject="Email subject"),
        choice("hs_email_direction", "Email Direction", group, directions),
    ]


def meeting_properties() -> list[Property]:
    """Meetings."""
    group = "meeting_event_information"
    return [_at("meeting_event"), *texts(group, hs_meeting_title="Meeting title")]


def note_properties() -> list[Property]:
    """Notes."""
    return [_at("note"), *texts("note_information", hs_note_body="Note body")]


def task_properties() -> list[Property]:
    """Tasks."""
    group = "task_information"
    states = {"NOT_STARTED": "Not started", "COMPLETED": "Completed", "DEFERRED": "Deferred"}
    return [
        _at("task"),
        *texts(group, hs_task_subject="Task Title"),
        choice("hs_task_status", "Task Status", group, states),
    ]
