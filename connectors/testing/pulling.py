"""Conformance: pulling records, whole and each once."""
# ruff: noqa: S101 - assert is how pytest speaks

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from connectors.model import CANONICAL_SCHEMAS, FieldType, ObjectKind, Page, id_column
from connectors.testing.world import HOSTILE_TEXTS, World, fields_of, write_one

__all__ = ["PullSuite"]


def _ids(kind: ObjectKind, pages: Sequence[Page]) -> list[str]:
    return [record_id for page in pages for record_id in page.table.column(id_column(kind)).to_pylist()]


def _table(pages: Iterable[Page]) -> pa.Table:
    return pa.concat_tables([page.table for page in pages])


def _names(count: int) -> list[dict[str, str]]:
    return [{"name": f"Company {number}"} for number in range(count)]


class PullSuite:
    """Pulls: complete, in pages, resumed, incremental."""

    def test_an_empty_account_has_one_empty_page_of_each_object(self, world: World) -> None:
        """There is always a page, and it has the canonical columns."""
        for kind in ObjectKind:
            pages = list(world.connector.pull(kind))
            assert _ids(kind, pages) == []
            assert pages[0].table.schema.equals(CANONICAL_SCHEMAS[kind])

    def test_every_record_comes_once_over_several_pages(self, world: World) -> None:
        """No record is lost or doubled where one page ends and the next begins."""
        ids = world.seed(world.kind, _names(2 * world.page_records + 1))
        pages = list(world.connector.pull(world.kind))
        assert len(pages) >= 3
        assert sorted(_ids(world.kind, pages)) == sorted(ids)
        assert pages[-1].watermark

    def test_a_page_that_is_just_full_is_followed_by_nothing_doubled(self, world: World) -> None:
        """The end of the records may be the end of a page."""
        ids = world.seed(world.kind, _names(world.page_records))
        assert sorted(_ids(world.kind, list(world.connector.pull(world.kind)))) == sorted(ids)

    def test_a_pull_goes_on_after_any_page(self, world: World) -> None:
        """Whatever page was the last to be kept, the rest comes, and nothing twice."""
        ids = world.seed(world.kind, _names(2 * world.page_records + 1))
        pages = list(world.connector.pull(world.kind))
        for kept in range(1, len(pages) + 1):
            with world.reopen() as fresh:
                rest = list(fresh.pull(world.kind, checkpoint=pages[kept - 1].checkpoint))
            assert sorted(_ids(world.kind, [*pages[:kept], *rest])) == sorted(ids)

    def test_checkpoints_move_on(self, world: World) -> None:
        """Two pages never share a checkpoint: an interrupted pull would read one of them again for ever."""
        world.seed(world.kind, _names(2 * world.page_records + 1))
        checkpoints = [page.checkpoint for page in world.connector.pull(world.kind)]
        assert len(set(checkpoints)) == len(checkpoints)

    def test_records_edited_during_a_pull_are_neither_lost_nor_doubled(self, world: World) -> None:
        """What a person changes between two pages comes with this pull, and again with the next."""
        ids = world.seed(world.kind, _names(2 * world.page_records + 1))
        pull = world.connector.pull(world.kind)
        pages = [next(pull)]
        while not _ids(world.kind, pages):
            pages.append(next(pull))
        edited = [_ids(world.kind, pages)[0], next(iter(set(ids) - set(_ids(world.kind, pages))))]
        for record_id in edited:
            world.edit(world.kind, record_id, {world.text_field: "changed meanwhile"})
        pages += list(pull)
        assert sorted(_ids(world.kind, pages)) == sorted(ids)
        since = list(world.connector.pull(world.kind, since=pages[-1].watermark))
        assert set(edited) <= set(_ids(world.kind, since))

    def test_canonical_values_come_back_with_their_types(self, world: World) -> None:
        """Text stays the text it was; moments are in UTC."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme", "country": "US"}])
        table = _table(world.connector.pull(world.kind))
        assert table.schema.equals(CANONICAL_SCHEMAS[world.kind])
        (record,) = table.to_pylist()
        assert (record[id_column(world.kind)], record["name"], record["country"]) == (record_id, "Acme", "US")
        assert record["industry"] is None
        assert isinstance(record["modified_at"], datetime)
        assert record["modified_at"].utcoffset() == UTC.utcoffset(None)

    def test_hostile_names_come_back_to_the_character(self, world: World) -> None:
        """Quotes, formulas, emoji, right-to-left text and leading zeros are just text."""
        ids = world.seed(world.kind, [{"name": name} for name in HOSTILE_TEXTS])
        table = _table(world.connector.pull(world.kind))
        found = {record[id_column(world.kind)]: record["name"] for record in table.to_pylist()}
        assert [found[record_id] for record_id in ids] == list(HOSTILE_TEXTS)

    def test_extra_fields_follow_as_text(self, world: World) -> None:
        """Our fields come under their own names, dates as ISO text; a field that is missing is left out."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        specs = fields_of(world.connector)
        world.connector.ensure_fields(world.kind, list(specs.values()))
        names = [specs[type_].name for type_ in (FieldType.PICKLIST, FieldType.DATE)]
        write_one(world, record_id, dict(zip(names, ("big", "2026-11-02"), strict=True)))
        table = _table(world.connector.pull(world.kind, [*names, "no_such_field"]))
        assert table.column_names == [*CANONICAL_SCHEMAS[world.kind].names, *names]
        assert [table.column(name).to_pylist() for name in names] == [["big"], ["2026-11-02"]]

    def test_nothing_is_new_directly_after_a_pull(self, world: World) -> None:
        """What an incremental pull gives again is nothing but records that are there."""
        ids = world.seed(world.kind, _names(3))
        *_, last = world.connector.pull(world.kind)
        again = list(world.connector.pull(world.kind, since=last.watermark))
        assert set(_ids(world.kind, again)) <= set(ids)
        assert [page.deleted for page in again if page.deleted] == []

    def test_an_incremental_pull_sees_new_and_edited_records(self, world: World) -> None:
        """Everything since the watermark comes with its newest values."""
        kept, edited = world.seed(world.kind, _names(2))
        *_, last = world.connector.pull(world.kind)
        world.edit(world.kind, edited, {world.text_field: "edited by hand"})
        (new,) = world.seed(world.kind, [{"name": "Newcomer"}])
        pages = list(world.connector.pull(world.kind, [world.text_field], since=last.watermark))
        found = _ids(world.kind, pages)
        assert {edited, new} <= set(found) <= {kept, edited, new}
        assert len(found) == len(set(found))
        held = world.connector.read(world.kind, [edited], [world.text_field])
        assert held.column(world.text_field).to_pylist() == ["edited by hand"]

    def test_an_incremental_pull_goes_on_after_any_page(self, world: World) -> None:
        """Resuming works within an incremental pull too."""
        *_, last = world.connector.pull(world.kind)
        ids = world.seed(world.kind, _names(2 * world.page_records + 1))
        pages = list(world.connector.pull(world.kind, since=last.watermark))
        assert sorted(_ids(world.kind, pages)) == sorted(ids)
        with world.reopen() as fresh:
            rest = list(fresh.pull(world.kind, since=last.watermark, checkpoint=pages[0].checkpoint))
        assert sorted(_ids(world.kind, [pages[0], *rest])) == sorted(ids)

    def test_an_incremental_pull_reports_deleted_and_merged_records(self, world: World) -> None:
        """What is gone is named, and where it went, and does not come as a record."""
        kept, deleted, merged = world.seed(world.kind, _names(3))
        *_, last = world.connector.pull(world.kind)
        world.delete(world.kind, deleted)
        world.merge(world.kind, kept, merged)
        pages = list(world.connector.pull(world.kind, since=last.watermark))
        gone = {record.record_id: record.merged_into for page in pages for record in page.deleted}
        assert gone == {deleted: None, merged: kept}
        assert not {deleted, merged} & set(_ids(world.kind, pages))

    def test_a_full_pull_has_no_deleted_records(self, world: World) -> None:
        """A record that is gone is not a record."""
        kept, deleted = world.seed(world.kind, _names(2))
        world.delete(world.kind, deleted)
        assert _ids(world.kind, list(world.connector.pull(world.kind))) == [kept]
