import pytest

from backend.services.exchange.imports.amounts import AmbiguousAmountError, plain_amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("19.90", "19.90"),
        ("19,9", "19.9"),
        ("1.000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1 000,50", "1000.50"),
        ("1\u00a0000,50", "1000.50"),
        ("1\u202f234\u202f567", "1234567"),
        ("1'000.50", "1000.50"),
        ("1\u2019000,500", "1000.500"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("0.500", "0.500"),
        ("0,125", "0.125"),
        ("1234.500", "1234.500"),
        ("12345,678", "12345.678"),
        ("-5", "-5"),
        ("\u22125,50", "-5.50"),
        ("+7", "+7"),
        ("1000", "1000"),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, amount: str) -> None:
    assert plain_amount(written, 2) == amount


@pytest.mark.parametrize("written", ["1.000", "1,000", "12.345", "999,999", "-1.000", "100.000"])
def test_an_amount_that_may_be_two_is_refused(written: str) -> None:
    with pytest.raises(AmbiguousAmountError, match="with a point before decimals, as"):
        plain_amount(written, 2)


def test_a_point_parts_the_decimals_that_a_currency_has() -> None:
    assert plain_amount("1.500", 3) == "1.500"
    with pytest.raises(AmbiguousAmountError):
        plain_amount("1,500", 3)


@pytest.mark.parametrize(
    "written",
    [
        "ten",
        "€ 5",
        "10 00",
        "1.00,50",
        "1.2.3",
        "1,2,3.4,5",
        "1_000",
        "\uff11\uff10",
        "1.000 000,5",
    ],
)
def test_what_is_no_amount_is_left_to_be_refused(written: str) -> None:
    assert plain_amount(written, 2) == written
