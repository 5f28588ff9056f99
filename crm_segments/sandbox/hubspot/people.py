"""The people of a portal, and the stages that their deals go through."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Owner", "Pipeline", "Stage", "standard_pipelines"]


@dataclass(slots=True)
class Owner:
    """Somebody to whom records may belong."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    created_at: str
    is_archived: bool = False

    def as_json(self) -> dict[str, object]:
        """As the API shows it."""
        entry: dict[str, object] = {
            "id": self.id,
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userIdIncludingInactive": self.user_id,
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "archived": self.is_archived,
        }
        # The user of an archived owner is no longer active.
        return entry if self.is_archived else {**entry, "userId": self.user_id}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline."""

    id: str
    label: str
    probability: str
    is_closed: bool

    @property
    def is_won(self) -> bool:
        """Whether deals here are won."""
        return self.is_closed and float(self.probability) == 1.0


@dataclass(slots=True)
class Pipeline:
    """The steps of a deal."""

    id: str
    label: str
    created_at: str
    stages: dict[str, Stage] = field(default_factory=dict)
    """By id, in their order."""

    def as_json(self, order: int) -> dict[str, object]:
        """As the API shows it."""
        return {
            "label": self.label,
            "displayOrder": order,
            "id": self.id,
            "stages": [self.stage_json(one, position) for position, one in enumerate(self.stages.values())],
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "archived": False,
        }

    def stage_json(self, stage: Stage, order: int) -> Mapping[str, object]:
        """One stage as the API shows it."""
        return {
            "label": stage.label,
            "displayOrder": order,
            "metadata": {
                "isClosed": "true" if stage.is_closed else "false",
                "probability": stage.probability,
            },
            "id": stage.id,
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


_DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)


def standard_pipelines(created_at: str) -> dict[str, Pipeline]:
    """The pipelines of a new portal's deals, by id."""
    stages = {
        stage_id: Stage(stage_id, label, probability, stage_id.startswith("closed"))
        for stage_id, label, probability in _DEAL_STAGES
    }
    return {"default": Pipeline("default", "Sales Pipeline", created_at, stages)}
