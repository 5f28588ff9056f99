"""Our fields in an emulated org, made by hand, and short ways to write and to look at what is stored."""

from collections.abc import Mapping, Sequence

from connectors.model import FieldValue, FieldWrite, ObjectKind, WriteOutcome, WriteResult
from crm_segments.sandbox.calls import Call, Reply
from crm_segments.sandbox.salesforce import Field, PicklistOption
from tests.salesforce import SalesforceWorld

__all__ = [
    "AMOUNT",
    "DAY",
    "FIELDS",
    "FLAG",
    "KEY",
    "MOMENT",
    "REASON",
    "WHOLE",
    "add_fields",
    "collections",
    "outcomes",
    "put",
    "seed",
    "stored",
    "write_job",
    "written_bodies",
]

KEY, REASON, DAY = "CRM_Segment__c", "CRM_Segment_Reason__c", "CRM_Segment_Since__c"
AMOUNT, WHOLE, FLAG, MOMENT = "Amount__c", "Whole__c", "Flag__c", "Moment__c"

_OPTIONS = (
    PicklistOption("big", "Big ones"),
    PicklistOption("small", "Small ones"),
    PicklistOption("old", "Old ones", is_active=False),
)
FIELDS = (
    Field(name=KEY, label="Segment", type="picklist", length=255, restricted=True, options=_OPTIONS),
    Field(name=REASON, label="Reason", type="string", length=255),
    Field(name=DAY, label="Since", type="date"),
    Field(name=AMOUNT, label="Amount", type="double", precision=18, scale=2),
    Field(name=WHOLE, label="Whole", type="int", digits=8),
    Field(name=FLAG, label="Flag", type="boolean", nillable=False, default=False),
    Field(name=MOMENT, label="Moment", type="datetime"),
)


def add_fields(world: SalesforceWorld, *objects: str) -> None:
    """Our fields, shown to everybody."""
    for name in objects or ("Account",):
        for one in FIELDS:
            world.org.add_field(name, one)


def seed(world: SalesforceWorld, count: int, kind: ObjectKind = ObjectKind.ACCOUNT) -> list[str]:
    """So many records."""
    return world.seed(kind, [{"name": f"Company {number}"} for number in range(count)])


def put(
    world: SalesforceWorld,
    rows: Sequence[tuple[str, Mapping[str, FieldValue]]],
    kind: ObjectKind = ObjectKind.ACCOUNT,
) -> list[WriteResult]:
    """Writes one batch."""
    batch = [FieldWrite(record_id, values) for record_id, values in rows]
    return world.connector.write(kind, batch, request_id="test")


def write_job(
    world: SalesforceWorld,
    rows: Sequence[tuple[str, Mapping[str, FieldValue]]],
    kind: ObjectKind = ObjectKind.ACCOUNT,
) -> list[WriteResult | None]:
    """Writes one job to its end: the verdicts on what was left out, and the results of the rest."""
    batch = [FieldWrite(record_id, values) for record_id, values in rows]
    reference = world.connector.open_job(kind, list(batch[0].values))
    left_out = world.connector.submit_job(reference, kind, batch)
    while world.connector.job_state(reference).value == "working":
        world.clock.advance(1)
    results = world.connector.job_results(reference, [write.record_id for write in batch])
    return [verdict or result for verdict, result in zip(left_out, results, strict=True)]


def outcomes(results: Sequence[WriteResult | None]) -> list[WriteOutcome | None]:
    """Only what became of each record."""
    return [None if one is None else one.outcome for one in results]


def stored(world: SalesforceWorld, record_id: str, name: str) -> object:
    """What the org holds."""
    return (world.org.store.find(record_id) or {}).get(name)


def collections(world: SalesforceWorld) -> list[Call]:
    """The requests that wrote a batch."""
    return world.emulator.wire.requests("PATCH", "composite/sobjects")


def written_bodies(world: SalesforceWorld) -> list[bytes]:
    """The bodies of the requests that write from now on; the emulator itself keeps none."""
    bodies: list[bytes] = []
    answer = world.emulator.wire._answer

    def note(call: Call) -> Reply:
        if call.method in {"PATCH", "PUT"}:
            bodies.append(call.body)
        return answer(call)

    world.emulator.wire._answer = note
    return bodies
