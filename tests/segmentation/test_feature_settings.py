"""What can be set about features: which deals count, own spellings, weights, what is required."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from connectors.errors import ConfigError
from connectors.model import ObjectKind
from segmentation import CurrencySettings, FeatureTable, Records, SegmentationSettings, compute_features
from segmentation.prepare import learn_transforms
from tests.segmentation.data import AS_OF, column, features_of, records, table

DEALS = table(
    ObjectKind.DEAL,
    deal_id=["1", "2", "3", "4", "5", "6"],
    account_id=["a", "a", "a", "b", "b", "c"],
    is_won=[True, True, True, True, True, False],
    is_closed=[True] * 6,
    amount=["100", "200", "400", "1000", "-1000", "50"],
    type=["New", "Renewal", "new ", "New", "New", "New"],
    pipeline=["Sales", "Sales", "Partner", "Sales", "Sales", "Sales"],
    product=["GTX Pro", "GTXPro", "MG Special", "Plus", None, "GTX Pro"],
    created_at=[datetime(2026, month, 1, tzinfo=UTC) for month in (1, 1, 9, 2, 2, 2)],
    close_date=[
        date(2026, 1, 31),
        date(2026, 3, 2),
        date(2026, 8, 1),
        date(2026, 2, 11),
        date(2026, 3, 1),
        None,
    ],
    arr=["10", "EUR 20", "40", "100", "100", "5"],
)
ACCOUNTS = table(
    ObjectKind.ACCOUNT,
    account_id=["a", "b", "c"],
    industry=["Softwr & Apps", "Software", "Retail"],
    employees=["12", None, "300"],
)
COMPANY = records(account=ACCOUNTS, deal=DEALS)


def features(**settings: object) -> FeatureTable:
    return features_of(COMPANY, AS_OF, **settings)


def said(found: FeatureTable) -> str:
    return " ".join(found.quality.sentences)


@pytest.mark.parametrize(
    ("where", "won"),
    [
        (None, {"a": 3, "b": 0, "c": 0}),
        ('type = "New"', {"a": 2, "b": 0, "c": 0}),
        ('type != "renewal" and pipeline = "Sales"', {"a": 1, "b": 0, "c": 0}),
        ("amount >= 200", {"a": 2, "b": 1, "c": 0}),
    ],
)
def test_only_deals_that_meet_the_condition_count(where: str | None, won: dict[str, int]) -> None:
    found = features(deals={"where": where})
    assert column(found, "won_deals") == won
    assert ("left out by `where` under [segmentation.deals]" in said(found)) == (where is not None)


def test_a_condition_on_deals_about_an_unknown_field_says_where() -> None:
    with pytest.raises(ConfigError, match=r"position 1: there is no field kind"):
        features(deals={"where": 'kind = "New"'})


def test_another_field_can_say_what_a_deal_is_worth() -> None:
    settings = SegmentationSettings.model_validate({"deals": {"amount": "arr"}})
    euros = CurrencySettings(rates={"EUR": 2.0})
    found = compute_features(COMPANY, settings, currency=euros, as_of=AS_OF)
    assert column(found, "won_amount") == {"a": 90.0, "b": 200.0, "c": 0.0}


def test_a_typed_field_of_the_crm_can_be_the_amount() -> None:
    deals = DEALS.append_column("worth", pa.array([1.5, 2.5, 3.0, 0.0, None, 1.0]))
    found = features_of(records(account=ACCOUNTS, deal=deals), deals={"amount": "worth"})
    assert column(found, "won_amount") == {"a": 7.0, "b": None, "c": 0.0}


def test_an_amount_field_that_deals_do_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="There is no field mrr on deals") as caught:
        features(deals={"amount": "mrr"})
    assert caught.value.code == "config.deals.amount"


def test_an_order_that_was_cancelled_in_full_counts_for_nothing() -> None:
    found = features()
    assert column(found, "won_deals")["b"] == 0
    assert column(found, "never_bought")["b"] == 1
    assert "1 deal won and cancelled again in full; not counted." in said(found)


def test_a_refund_of_another_amount_is_no_cancellation() -> None:
    deals = DEALS.set_column(
        DEALS.column_names.index("amount"), "amount", pa.array(["1", "2", "4", "9", "-8", "5"])
    )
    found = features_of(records(account=ACCOUNTS, deal=deals))
    assert (column(found, "won_deals")["b"], column(found, "won_amount")["b"]) == (2, 9.0)


def test_the_time_from_first_to_last_day_is_the_middle_of_the_deals_won() -> None:
    found = features()
    # 30 and 60 days; the third was closed before it was created.
    assert column(found, "cycle_days") == {"a": 45.0, "b": None, "c": None}
    assert "1 deal closed before the day of creation; counted, but not for how long it took." in said(found)


def test_products_are_counted_whatever_the_spaces_in_their_names() -> None:
    found = features()
    assert column(found, "products") == {"a": 2.0, "b": 0.0, "c": 0.0}
    assert column(found, "main_product") == {"a": "GTX Pro", "b": None, "c": None}


def test_the_highest_rank_among_contacts_is_known_of_an_account() -> None:
    contacts = table(
        ObjectKind.CONTACT,
        contact_id=["1", "2", "3"],
        account_id=["a", "a", "b"],
        title=["Buyer", "VP Sales", None],
    )
    found = features_of(records(account=ACCOUNTS, contact=contacts))
    assert column(found, "top_rank") == {"a": "Director", "b": None, "c": None}


def test_own_spellings_come_before_our_list_and_are_not_called_unknown() -> None:
    aliases = {"industry": {"softwr & apps": "Software", "Retail": "Shops"}}
    found = features(features={"aliases": aliases})
    assert column(found, "industry") == {"a": "Software", "b": "Software", "c": "Shops"}
    assert "not in our list" not in said(found)


def test_names_that_no_list_knows_are_listed_whole() -> None:
    names: list[object] = [f"Field of business {'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(9)]
    found = features_of(records(account=table(ObjectKind.ACCOUNT, account_id=[*"abcdefghi"], industry=names)))
    (unmapped,) = [finding for finding in found.quality.findings if finding.code == "unmapped"]
    assert set(unmapped.values) == set(names)
    assert "and 4 more" in unmapped.message


def test_own_spellings_of_products_are_followed() -> None:
    found = features(features={"aliases": {"product": {"MG Special": "GTX Pro"}}})
    assert column(found, "products")["a"] == 1.0


def test_a_weight_counts_for_its_own_feature_alone() -> None:
    def weights(**chosen: float) -> dict[str, float]:
        many = Records(
            ObjectKind.ACCOUNT,
            {
                ObjectKind.ACCOUNT: table(
                    ObjectKind.ACCOUNT,
                    account_id=[str(n) for n in range(40)],
                    employees=[str(10 + n) for n in range(40)],
                    annual_revenue=[str(1000 + n * n) for n in range(40)],
                )
            },
        )
        found = features_of(many, features={"weights": chosen})
        return {each.spec.name: each.weight for each in learn_transforms(found)}

    plain, heavy = weights(), weights(employees=3.0)
    assert heavy["employees"] > plain["employees"]
    assert heavy["annual_revenue"] == plain["annual_revenue"]
    # What is only shown otherwise counts as soon as it has a weight.
    assert "revenue_per_head" not in plain
    assert "revenue_per_head" in weights(revenue_per_head=1.0)


def test_records_that_lack_what_is_required_are_not_what_segments_are_made_of() -> None:
    found = features(features={"required": ["employees"]})
    lacking = dict(zip(found.ids.to_pylist(), found.lacking, strict=True))
    assert lacking == {"a": None, "b": "Employees", "c": None}
    assert found.only(found.is_free).ids.to_pylist() == [
        each for each in found.ids.to_pylist() if each != "b"
    ]
    assert "1 account of which Employees is not known, which is required" in said(found)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"off": ["employes"]}, "There is no feature or family called 'employes' (features.off)."),
        ({"required": ["size"]}, "There is no feature called 'size' (features.required)."),
        ({"weights": {"trendd": 1}}, "There is no feature called 'trendd' (features.weights)."),
        ({"off": ["trend"], "required": ["trend"]}, "trend is switched off, and required or weighted too"),
    ],
)
def test_settings_of_features_that_make_no_sense_are_refused(chosen: object, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        features(features=chosen)
    assert sentence in caught.value.message
