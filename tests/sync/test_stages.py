"""The list of stages says what will be done: nothing more and nothing less."""

from connectors.model import UNCLASSIFIED_KEY
from sync import SyncSettings
from sync.fields import list_specs
from sync.stages import BuildLists, stages_of
from tests.product.values import SEGMENTS, plan_preview
from tests.sync.world import World


def test_as_many_lists_are_announced_as_are_made(world: World) -> None:
    assert UNCLASSIFIED_KEY in {segment.key for segment in SEGMENTS}
    plan = plan_preview().stored.plan
    (lists,) = [each for each in stages_of(plan, world.crm, SyncSettings()) if isinstance(each, BuildLists)]
    assert lists.titles == tuple(spec.title for spec in list_specs(plan.head))
    assert len(lists.titles) == len(SEGMENTS) - 1
