"""Collections of updates, and what became of their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from crm_segments.sandbox.salesforce import Field, PicklistOption
from tests.product.sandbox.conftest import Http

SEGMENT = Field(
    name="Segment__c",
    label="Segment",
    type="picklist",
    length=255,
    restricted=True,
    options=[PicklistOption("big", "Big"), PicklistOption("small", "Small")],
)
REASON = Field(name="Reason__c", label="Reason", type="string", length=20)


def patch(
    http: Http,
    rows: Sequence[Mapping[str, Any]],
    *,
    kind: str = "Account",
    all_or_none: bool = False,
    **more: Any,
) -> Any:
    """The answer to a collection of updates."""
    records = [{"attributes": {"type": kind}, **row} for row in rows]
    answer = http("PATCH", "composite/sobjects", json={"allOrNone": all_or_none, "records": records}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(results: list[dict[str, Any]]) -> list[str]:
    """`ok` or the code of each row."""
    return ["ok" if row["success"] else row["errors"][0]["statusCode"] for row in results]
