"""Conformance: writing field values, one verdict for each record."""
# ruff: noqa: S101 - assert is how pytest speaks

from datetime import date

import pytest

from connectors.errors import CrmSegmentsError, UnknownOutcomeError
from connectors.model import FieldType, FieldValue, FieldWrite, ObjectKind, WriteOutcome
from connectors.testing.world import HOSTILE_TEXTS, World, fields_of, write_one

__all__ = ["WriteSuite"]


def _held(world: World, record_id: str, field: str) -> str | None:
    value: str | None = world.connector.read(world.kind, [record_id], [field]).column(field).to_pylist()[0]
    return value


class WriteSuite:
    """Writes: outcomes in order, refusals that spare the others, nothing touched for nothing."""

    @pytest.fixture
    def names(self, world: World) -> dict[FieldType, str]:
        """Our fields, made in the CRM: their names by type."""
        specs = fields_of(world.connector)
        world.connector.ensure_fields(world.kind, list(specs.values()))
        return {type_: spec.name for type_, spec in specs.items()}

    def test_values_are_written_and_read_back(self, world: World, names: dict[FieldType, str]) -> None:
        """Each type of our fields holds what was written."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        values: dict[str, FieldValue] = {
            names[FieldType.PICKLIST]: "big",
            names[FieldType.TEXT]: "412 employees",
            names[FieldType.DATE]: date(2026, 11, 2),
        }
        assert write_one(world, record_id, values).outcome is WriteOutcome.WRITTEN
        found = world.connector.read(world.kind, [record_id], list(values)).to_pylist()[0]
        assert [found[name] for name in values] == ["big", "412 employees", "2026-11-02"]

    def test_an_empty_batch_makes_no_request(self, world: World) -> None:
        """Nothing to write, nothing sent."""
        before = world.request_mark()
        assert world.connector.write(world.kind, [], request_id="suite-empty") == []
        assert world.request_mark() == before

    def test_results_follow_the_order_of_the_batch(self, world: World, names: dict[FieldType, str]) -> None:
        """Whatever order the CRM answers in, result n belongs to write n."""
        ids = world.seed(world.kind, [{"name": f"Company {number}"} for number in range(7)])
        shuffled = [ids[number] for number in (4, 0, 6, 2, 5, 1, 3)]
        world.delete(world.kind, ids[5])
        values = ["no_such_option" if record_id == ids[2] else "big" for record_id in shuffled]
        results = world.connector.write(
            world.kind,
            [
                FieldWrite(record_id, {names[FieldType.PICKLIST]: value})
                for record_id, value in zip(shuffled, values, strict=True)
            ],
            request_id="suite-order",
        )
        assert [result.record_id for result in results] == shuffled
        expected = {ids[2]: WriteOutcome.REJECTED, ids[5]: WriteOutcome.GONE}
        assert [result.outcome for result in results] == [
            expected.get(record_id, WriteOutcome.WRITTEN) for record_id in shuffled
        ]

    def test_a_full_batch_is_taken(self, world: World, names: dict[FieldType, str]) -> None:
        """As many records as the limits promise go into one request."""
        count = world.connector.limits.max_batch_records
        ids = world.seed(world.kind, [{"name": f"Company {number}"} for number in range(count)])
        batch = [FieldWrite(record_id, {names[FieldType.PICKLIST]: "small"}) for record_id in ids]
        results = world.connector.write(world.kind, batch, request_id="suite-full")
        assert [result.outcome for result in results] == [WriteOutcome.WRITTEN] * count

    def test_a_bad_record_does_not_sink_the_others(self, world: World, names: dict[FieldType, str]) -> None:
        """One refusal, named with its field; the record keeps all its old values; the others are written."""
        first, bad, last = world.seed(world.kind, [{"name": name} for name in "ABC"])
        text, option = names[FieldType.TEXT], names[FieldType.PICKLIST]
        batch = [
            FieldWrite(first, {text: "one"}),
            FieldWrite(bad, {text: "two", option: "no_such_option"}),
            FieldWrite(last, {text: "three"}),
        ]
        results = world.connector.write(world.kind, batch, request_id="suite-bad")
        assert [result.outcome for result in results] == [
            WriteOutcome.WRITTEN,
            WriteOutcome.REJECTED,
            WriteOutcome.WRITTEN,
        ]
        assert results[1].field == option
        assert results[1].code
        assert [_held(world, record_id, text) for record_id in (first, bad, last)] == ["one", None, "three"]

    @pytest.mark.parametrize(
        ("type_", "value"),
        [
            pytest.param(FieldType.PICKLIST, "no_such_option", id="unknown-option"),
            pytest.param(FieldType.PICKLIST, "BIG", id="option-in-other-case"),
            pytest.param(FieldType.TEXT, "secret" + "x" * 250, id="256-characters"),
            pytest.param(FieldType.TEXT, "nul \x00 inside", id="nul-character"),
            pytest.param(FieldType.DATE, "2026-02-30", id="impossible-day"),
            pytest.param(FieldType.DATE, "next week", id="not-a-day"),
            pytest.param(FieldType.DATE, 20261102, id="number-for-a-day"),
        ],
    )
    def test_a_value_that_does_not_fit_is_refused_and_nothing_is_stored(
        self, world: World, names: dict[FieldType, str], type_: FieldType, value: FieldValue
    ) -> None:
        """Refused, never cut or guessed; the message does not repeat the value."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        before = world.touch_mark(world.kind, record_id)
        result = write_one(world, record_id, {names[type_]: value})
        assert (result.outcome, result.field) == (WriteOutcome.REJECTED, names[type_])
        assert result.message
        assert str(value) not in result.message
        assert _held(world, record_id, names[type_]) is None
        assert world.touch_mark(world.kind, record_id) == before

    def test_an_unknown_field_is_refused(self, world: World) -> None:
        """A field that is not there makes the write fail, it is not dropped."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        result = write_one(world, record_id, {"no_such_field": "x"})
        assert (result.outcome, result.field) == (WriteOutcome.REJECTED, "no_such_field")

    @pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
    def test_hostile_text_is_stored_to_the_character(
        self, world: World, names: dict[FieldType, str], text: str
    ) -> None:
        """What is accepted is read back as it was written, and writing it again changes nothing."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        assert write_one(world, record_id, {names[FieldType.TEXT]: text}).outcome is WriteOutcome.WRITTEN
        assert _held(world, record_id, names[FieldType.TEXT]) == text
        write_one(world, record_id, {names[FieldType.TEXT]: text})
        assert _held(world, record_id, names[FieldType.TEXT]) == text

    def test_none_clears(self, world: World, names: dict[FieldType, str]) -> None:
        """None empties a field of every type."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        full: dict[str, FieldValue] = {
            names[FieldType.PICKLIST]: "big",
            names[FieldType.TEXT]: "x",
            names[FieldType.DATE]: "2026-11-02",
        }
        write_one(world, record_id, full)
        assert write_one(world, record_id, dict.fromkeys(full)).outcome is WriteOutcome.WRITTEN
        assert [_held(world, record_id, name) for name in full] == [None, None, None]

    def test_the_same_values_again_touch_nothing(self, world: World, names: dict[FieldType, str]) -> None:
        """A second identical write is seen as such, where the limits promise it: no touch, no history."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        values: dict[str, FieldValue] = {
            names[FieldType.PICKLIST]: "big",
            names[FieldType.TEXT]: None,
            names[FieldType.DATE]: "2026-11-02",
        }
        write_one(world, record_id, values)
        before = world.touch_mark(world.kind, record_id)
        values[names[FieldType.DATE]] = date(2026, 11, 2)
        outcome = write_one(world, record_id, values).outcome
        if world.connector.limits.compares_before_writing:
            assert outcome is WriteOutcome.UNCHANGED
            assert world.touch_mark(world.kind, record_id) == before
        else:
            assert outcome is WriteOutcome.WRITTEN

    def test_only_the_named_fields_change(self, world: World, names: dict[FieldType, str]) -> None:
        """Everything else that the CRM keeps of this record, and of any other, stays as it was."""
        first, second = world.seed(
            world.kind, [{"name": name, "country": "US"} for name in HOSTILE_TEXTS[:2]]
        )
        write_one(world, first, {names[FieldType.TEXT]: "kept"})
        before = [dict(world.whole_record(world.kind, record_id)) for record_id in (first, second)]
        mark = world.touch_mark(world.kind, second)
        write_one(world, first, {names[FieldType.PICKLIST]: "big"})
        after = [dict(world.whole_record(world.kind, record_id)) for record_id in (first, second)]
        differing = {name for name in after[0] if after[0][name] != before[0].get(name)}
        assert differing == {names[FieldType.PICKLIST]}
        assert after[0].keys() == before[0].keys()
        assert after[1] == before[1]
        assert world.touch_mark(world.kind, second) == mark

    def test_a_deleted_record_is_gone(self, world: World, names: dict[FieldType, str]) -> None:
        """Writing to a record that was deleted is an answer, not an error."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        world.delete(world.kind, record_id)
        result = write_one(world, record_id, {names[FieldType.TEXT]: "x"})
        assert (result.outcome, result.merged_into) == (WriteOutcome.GONE, None)

    def test_a_merged_record_says_where_it_went(self, world: World, names: dict[FieldType, str]) -> None:
        """The survivor is named and keeps its own value."""
        winner, loser = world.seed(world.kind, [{"name": name} for name in "AB"])
        write_one(world, winner, {names[FieldType.TEXT]: "of the winner"})
        world.merge(world.kind, winner, loser)
        result = write_one(world, loser, {names[FieldType.TEXT]: "of the loser"})
        assert (result.outcome, result.merged_into) == (WriteOutcome.GONE, winner)
        assert _held(world, winner, names[FieldType.TEXT]) == "of the winner"

    def test_a_doubled_record_stops_the_batch_before_anything_is_written(
        self, world: World, names: dict[FieldType, str]
    ) -> None:
        """Two writes to one record have no order: such a batch is refused as a whole."""
        first, second = world.seed(world.kind, [{"name": name} for name in "AB"])
        batch = [FieldWrite(record_id, {names[FieldType.TEXT]: "x"}) for record_id in (first, second, first)]
        with pytest.raises(CrmSegmentsError) as caught:
            world.connector.write(world.kind, batch, request_id="suite-doubled")
        assert not isinstance(caught.value, UnknownOutcomeError)
        assert [_held(world, record_id, names[FieldType.TEXT]) for record_id in (first, second)] == [
            None,
            None,
        ]

    def test_a_batch_above_the_limit_is_refused_as_a_whole(
        self, world: World, names: dict[FieldType, str]
    ) -> None:
        """No record of a batch that is too large is silently left out."""
        count = world.connector.limits.max_batch_records + 1
        ids = world.seed(world.kind, [{"name": f"Company {number}"} for number in range(count)])
        batch = [FieldWrite(record_id, {names[FieldType.TEXT]: "x"}) for record_id in ids]
        with pytest.raises(CrmSegmentsError):
            world.connector.write(world.kind, batch, request_id="suite-large")
        assert _held(world, ids[0], names[FieldType.TEXT]) is None

    def test_an_edit_by_hand_is_seen_and_not_taken_for_ours(
        self, world: World, names: dict[FieldType, str]
    ) -> None:
        """What a person put into our field is what a read shows."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        write_one(world, record_id, {names[FieldType.PICKLIST]: "big"})
        world.edit(world.kind, record_id, {names[FieldType.PICKLIST]: "small"})
        assert _held(world, record_id, names[FieldType.PICKLIST]) == "small"

    def test_other_objects_are_not_confused(self, world: World, names: dict[FieldType, str]) -> None:
        """A record of one object is not written through another."""
        other = ObjectKind.DEAL if world.kind is not ObjectKind.DEAL else ObjectKind.ACCOUNT
        (record_id,) = world.seed(other, [{"currency": "USD"}])
        result = write_one(world, record_id, {names[FieldType.TEXT]: "x"})
        assert result.outcome is not WriteOutcome.WRITTEN
