"""Conformance: what a connector says about its account and its fields."""
# ruff: noqa: S101 - assert is how pytest speaks

from datetime import date

from connectors.contract import Connector
from connectors.model import FieldType, Finding, ObjectKind, Severity, id_column
from connectors.testing.world import STEM, World

__all__ = ["AboutSuite"]


class AboutSuite:
    """Identity, limits, description and check."""

    def test_it_keeps_the_protocol(self, world: World) -> None:
        """The connector has every method of the contract."""
        assert isinstance(world.connector, Connector)

    def test_the_identity_does_not_change(self, world: World) -> None:
        """A second connector for the same account names the same connection."""
        first = world.connector.identify()
        with world.reopen() as again:
            assert again.identify() == first
        assert first.account
        assert first.connection_id == f"{first.crm}:{first.account}"

    def test_as_of_is_a_day(self, world: World) -> None:
        """The account's date is a full ISO day."""
        assert date.fromisoformat(world.connector.as_of()).isoformat() == world.connector.as_of()

    def test_limits_let_something_through(self, world: World) -> None:
        """At least one record fits into each request, and a reason of 255 characters into our fields."""
        limits = world.connector.limits
        assert limits.max_batch_records >= 1
        assert limits.max_read_records >= limits.max_batch_records
        assert limits.max_parallel_writes >= 1
        assert limits.max_text_length >= 255
        assert limits.settle_seconds >= 0

    def test_every_object_is_described(self, world: World) -> None:
        """Each object has labels, and no field comes twice."""
        for kind in ObjectKind:
            description = world.connector.describe(kind)
            assert description.kind is kind
            assert description.label
            assert description.label_plural
            names = [spec.name for spec in description.fields]
            assert len(names) == len(set(names))
            assert all(spec.label for spec in description.fields)

    def test_fields_of_others_are_not_taken_for_ours(self, world: World) -> None:
        """A field that was there before is described, and not as managed."""
        spec = world.connector.describe(world.kind).field(world.text_field)
        assert spec is not None
        assert spec.type is FieldType.TEXT
        assert not spec.is_managed

    def test_field_names_differ(self, world: World) -> None:
        """Each part of a stem has a name of its own, and the same one each time."""
        names = [world.connector.field_name(STEM, part) for part in ("", "reason", "since", "confidence")]
        assert len(set(names)) == len(names)
        assert names == [
            world.connector.field_name(STEM, part) for part in ("", "reason", "since", "confidence")
        ]

    def test_check_finds_nothing_wrong_and_touches_nothing(self, world: World) -> None:
        """A connection that works has findings, and none of them is a failure."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        before = world.touch_mark(world.kind, record_id)
        findings = world.connector.check()
        assert findings
        assert all(isinstance(finding, Finding) for finding in findings)
        assert [finding.what for finding in findings if finding.severity is Severity.FAIL] == []
        assert world.touch_mark(world.kind, record_id) == before

    def test_reopening_after_closing_works(self, world: World) -> None:
        """Leaving the `with` block leaves no trace: the next connector sees what is there."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        with world.reopen() as first:
            first.identify()
        with world.reopen() as second:
            found = second.read(world.kind, [record_id], [world.text_field])
        assert found.column(id_column(world.kind)).to_pylist() == [record_id]
