import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from backend.models.platform.money import Money, StoredCurrencyCode, money_columns


def money(amount: Any, currency: str = "EUR") -> Money:
    return Money.model_validate({"amount": amount, "currency": currency})


def refused_fields(amount: Any, currency: Any = "EUR") -> set[Any]:
    with pytest.raises(ValidationError) as refused:
        Money.model_validate({"amount": amount, "currency": currency})
    return {error["loc"] for error in refused.value.errors()}


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("19.9", "EUR", "19.90"),
        ("19.90", "EUR", "19.90"),
        ("19.9000", "EUR", "19.90"),
        ("0", "EUR", "0.00"),
        ("1E+2", "EUR", "100.00"),
        ("500", "JPY", "500"),
        ("500.0", "JPY", "500"),
        ("1.5", "KWD", "1.500"),
        ("0.1234", "CLF", "0.1234"),
        ("999999999999.99", "EUR", "999999999999.99"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str, shown: str) -> None:
    assert str(money(amount, currency).amount) == shown


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("19.999", "EUR"), ("0.001", "USD"), ("0.5", "JPY"), ("1.2345", "KWD")],
)
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValidationError, match=f"{currency} has . decimals; the amount has more"):
        money(amount, currency)


@pytest.mark.parametrize("currency", ["eur", "Eur"])
def test_a_currency_may_be_written_in_any_case(currency: str) -> None:
    assert money(1, currency).currency == "EUR"


@pytest.mark.parametrize("currency", ["XYZ", "EU", "EURO", "", "€", "ßr", "EUR ", 978, None])
def test_what_is_no_currency_is_refused(currency: Any) -> None:
    assert refused_fields("1", currency) == {("currency",)}


@pytest.mark.parametrize("currency", ["XAU", "XXX", "XTS", "XDR"])
def test_what_has_no_decimals_to_count_is_no_currency(currency: str) -> None:
    assert refused_fields("1", currency) == {("currency",)}


@pytest.mark.parametrize(
    "amount",
    [
        *("-0.01", "-1", "1000000000000", "1e12", "1e400", "1e-400", "1e999999999", "0.00001"),
        *(
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "ten",
            "",
            "1,50",
            "0x1",
            "1_000",
            "\uff11\uff10",
            None,
            True,
            False,
        ),
        *(float("nan"), 1e400, 0.1 + 0.2, 10**30, [], {}),
    ],
)
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    assert refused_fields(amount) == {("amount",)}


@pytest.mark.parametrize("zero", ["-0", "-0.00", -0.0])
def test_zero_has_no_sign(zero: Any) -> None:
    assert money(zero) == money("0.00")
    assert str(money(zero).amount) == "0.00"


@pytest.mark.parametrize("amount", ["19.90", 19.9, Decimal("19.900")])
def test_a_number_means_what_is_written(amount: Any) -> None:
    assert money(amount).amount == Decimal("19.90")


def test_an_amount_is_sent_as_text() -> None:
    assert money(19.9).model_dump(mode="json") == {"amount": "19.90", "currency": "EUR"}
    assert json.loads(money(19.9).model_dump_json()) == {"amount": "19.90", "currency": "EUR"}


def test_other_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="tax"):
        Money.model_validate({"amount": "1", "currency": "EUR", "tax": "0"})


def test_money_can_not_be_changed() -> None:
    price = money("1")

    with pytest.raises(ValidationError, match="frozen"):
        price.amount = Decimal(2)


def test_two_columns_are_money_again() -> None:
    columns = money_columns("price", money("19.9"))

    assert columns == {"price_amount": Decimal("19.90"), "price_currency": "EUR"}
    # The column has four decimals.
    assert Money.of(Decimal("19.9000"), "EUR") == money("19.90")


def test_no_money_is_two_empty_columns() -> None:
    assert money_columns("price", None) == {"price_amount": None, "price_currency": None}
    assert Money.of(None, None) is None


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("19.9000", "BGN", "19.90"),
        ("3000.0000", "BYR", "3000"),
        ("19.9000", "ABC", "19.90"),
        ("10.5000", "ISK", "10.5"),
        ("0.1250", "EUR", "0.125"),
        ("1200.0000", "ISK", "1200"),
    ],
)
def test_what_is_stored_is_shown_whatever_became_of_its_currency(
    amount: str, currency: str, shown: str
) -> None:
    stored = Money.of(Decimal(amount), currency)

    assert stored is not None
    assert stored.model_dump(mode="json") == {"amount": shown, "currency": currency}


def test_a_withdrawn_currency_can_be_looked_for_but_not_entered() -> None:
    assert TypeAdapter(StoredCurrencyCode).validate_python("bgn") == "BGN"
    assert refused_fields("1", "BGN") == {("currency",)}
