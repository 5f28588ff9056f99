"""Titles, sentences and reasons: short, true, in plain words, and the same next week."""

import re
from datetime import date

import pytest

from connectors.errors import DataError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation import assign_segments, explain_record, fit_segments, record_reasons
from segmentation.config import SegmentationSettings
from segmentation.naming import make_key
from segmentation.words import count_word, money, month, number, percent
from tests.segmentation.data import crunchbase, features_of, records, table
from tests.segmentation.worlds import fit_of, world

JARGON = re.compile(
    r"\b(cluster|centroid|posterior|silhouette|log-odds|hysteresis|watermark|ledger|feature|k-?means|z-score)",
    re.IGNORECASE,
)
AGEING = re.compile(r"\b(ago|yesterday|today|last week|this (week|month|quarter|year))\b", re.IGNORECASE)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3812, "3,800"), (412, "412"), (4.27, "4.3"), (5.0, "5"), (0, "0"), (1234567, "1,200,000")],
)
def test_numbers_are_rounded_as_people_do(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (84_120, "USD", "$84k"),
        (1_240_000, "EUR", "€1.2M"),
        (310, "CHF", "CHF 310"),
        (999_960, "USD", "$1M"),
        (5.7e9, "GBP", "£5.7B"),
        (1500, "USD", "$1.5k"),
    ],
)
def test_money_carries_its_currency(value: float, currency: str, shown: str) -> None:
    assert money(value, currency) == shown


def test_small_words() -> None:
    assert month(date(2025, 12, 31)) == "Dec 2025"
    assert (percent(0.001), percent(0.999), percent(1.0)) == ("under 1%", "over 99%", "100%")
    assert (count_word(1, "deal"), count_word(2.0, "deal")) == ("1 deal", "2 deals")


def all_words() -> list[str]:
    found = []
    for name in ("five", "seven"):
        features, fit = fit_of(name)
        found += [text for segment in fit.model.segments for text in (segment.title, segment.sentence)]
        found += [fit.evidence.sentence, *features.quality.sentences]
    return found


def test_no_jargon_and_nothing_that_ages_is_said() -> None:
    for text in all_words():
        assert not JARGON.search(text), text
        assert not AGEING.search(text), text


@pytest.mark.parametrize("name", ["five", "seven"])
def test_titles_are_short_and_different(name: str) -> None:
    titles = [segment.title for segment in fit_of(name)[1].model.segments]
    assert all(0 < len(title) <= 28 for title in titles)
    assert len({title.casefold() for title in titles}) == len(titles)


def test_titles_say_what_the_segments_truly_are() -> None:
    found = world("five")
    features, fit = fit_of("five")
    keys = {row["record_id"]: row["segment_key"] for row in assign_segments(fit.model, features).to_pylist()}
    members: dict[str, list[str]] = {}
    for record, true in found.truth.items():
        members.setdefault(true, []).append(fit.model.title(keys[record]))
    most = {true: max(set(titles), key=titles.count) for true, titles in members.items()}
    assert most["enterprise_steady"].startswith("Large")
    assert most["enterprise_quiet"] == "Large, gone quiet"
    assert most["midmarket_growing"] == "Mid-size, growing"
    assert most["small_loyal"] == "Small, loyal customers"
    assert most["small_one_time"].startswith("Small")


def test_titles_without_size_speak_of_purchases() -> None:
    found = fit_segments(crunchbase(), SegmentationSettings(), fingerprint="x")
    titles = [segment.title for segment in found.model.segments]
    assert "Repeat buyers" in titles
    assert not any(word in title for title in titles for word in ("Large", "Small,", "Mid-size"))


def test_sentence_tells_typical_numbers_and_no_count_that_would_age() -> None:
    model = fit_of("five")[1].model
    large = model.segments[0]
    assert large.sentence.startswith("Typically ")
    assert f"{large.record_count:,}" not in large.sentence
    assert re.search(r"[\d,]+ employees, \d+ deals won worth \$\d+k each", large.sentence)


@pytest.mark.parametrize(
    ("title", "taken", "key"),
    [
        ("Large, loyal customers", (), "large_loyal_customers"),
        ("Large, loyal customers", ("large_loyal_customers",), "large_loyal_customers_2"),
        ("Unclassified", (), "unclassified_2"),
        ("3 best", (), "s_3_best"),
        ("技術", (), "segment"),
        ("x" * 60, ("x" * 40,), "x" * 38 + "_2"),
    ],
)
def test_key_is_a_slug_that_was_never_given(title: str, taken: tuple[str, ...], key: str) -> None:
    assert make_key(title, frozenset(taken)) == key


def reason(name: str, **columns: list[object]) -> str:
    accounts = table(ObjectKind.ACCOUNT, account_id=[name], **columns)
    deals = table(
        ObjectKind.DEAL,
        deal_id=["1", "2"],
        account_id=["a", "a"],
        is_won=[True, True],
        is_closed=[True, True],
        amount=["80000", "4000"],
        close_date=[date(2025, 12, 5), date(2026, 8, 1)],
    )
    features = features_of(records(account=accounts, deal=deals))
    return record_reasons(fit_of("five")[1].model, features, [name], ["large_loyal_customers"])[0]


def test_reason_gives_the_records_own_numbers_with_absolute_dates() -> None:
    found = reason("a", employees=["412"], industry=["Software"])
    assert found == "412 employees; 2 deals won since Dec 2025, worth $84k, last in Aug 2026; Software"


def test_reason_of_who_never_bought_says_by_when() -> None:
    assert reason("b", employees=["7"], industry=[None]) == "7 employees; no deal won by Nov 2026"


def test_reasons_are_at_most_255_characters_and_differ_by_record() -> None:
    features, fit = fit_of("five")
    assigned = assign_segments(fit.model, features)
    ids, keys = assigned.column("record_id").to_pylist(), assigned.column("segment_key").to_pylist()
    reasons = record_reasons(fit.model, features, ids, keys)
    assert len(reasons) == len(ids)
    assert all(0 < len(text) <= 255 and not AGEING.search(text) for text in reasons)
    backwards = record_reasons(fit.model, features, ids[::-1], keys[::-1])
    assert backwards == reasons[::-1]


def test_reason_of_a_very_long_category_is_cut_between_facts() -> None:
    found = reason("b", employees=["7"], industry=["w" * 5000])
    assert len(found) <= 255
    assert found.startswith("7 employees; no deal won by Nov 2026")


def test_reason_of_an_unclassified_record_says_so() -> None:
    features, fit = fit_of("five")
    text = record_reasons(fit.model, features, [features.ids[0].as_py()], [UNCLASSIFIED_KEY])[0]
    assert text.startswith("Unlike every segment: ")


def test_explanation_sets_the_record_beside_its_segment() -> None:
    features, fit = fit_of("five")
    row = assign_segments(fit.model, features).to_pylist()[3]
    found = explain_record(fit.model, features, row["record_id"], row["segment_key"])
    assert found.segment_title == fit.model.title(row["segment_key"])
    assert found.runner_up_title == fit.model.title(row["runner_up"])
    assert found.score == pytest.approx(row["score"], abs=1e-5)
    assert found.runner_up_title in found.closeness
    employees = next(part for part in found.features if part.title == "Employees")
    assert employees.source == "account.employees"
    assert re.fullmatch(r"[\d,]+ to [\d,]+", employees.typical)


def test_explaining_a_stranger_names_the_id() -> None:
    features, fit = fit_of("five")
    with pytest.raises(DataError, match="no-such-id"):
        explain_record(fit.model, features, "no-such-id", "x")
