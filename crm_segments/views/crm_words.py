"""The CRM's own words for what we make in it: people look for them on its screens."""

from connectors.model import FieldAction

__all__ = ["field_step_sentence", "list_word"]

_LISTS = {"salesforce": "list view", "hubspot": "list"}
_STEPS = {
    FieldAction.CREATE: "makes {what}",
    FieldAction.ADD_OPTIONS: "adds choices to {what}",
    FieldAction.GRANT: "makes {what} visible to those who need it",
}


def list_word(connection_id: str) -> str:
    """What a saved list of records is called there."""
    return _LISTS.get(connection_id.partition(":")[0], "saved list")


def field_step_sentence(action: str, what: str) -> str:
    """What is done to fields, in words."""
    return _STEPS[FieldAction(action)].format(what=what)
