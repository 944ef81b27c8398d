"""Money: an exact amount of one currency."""

from decimal import Decimal
from typing import Annotated, Any, Self

from iso4217 import Currency
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Numeric

AMOUNT = Numeric(18, 4)
"""The column of an amount: no currency has more than four decimals."""

_MOST = Decimal(10) ** 12
_DECIMALS = {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}


def _known_currency(code: str) -> str:
    code = code.upper()
    if code not in _DECIMALS:
        raise ValueError("must be the ISO 4217 code of a currency, such as EUR")
    return code


CurrencyCode = Annotated[
    str,
    AfterValidator(_known_currency),
    Field(min_length=3, max_length=3, description="ISO 4217."),
]


class Money(BaseModel):
    """Has no more decimals than its currency: two for EUR, none for JPY, three for KWD."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"amount": "19.90", "currency": "EUR"}]},
    )

    amount: Decimal = Field(ge=0, lt=_MOST, max_digits=16, decimal_places=4)
    currency: CurrencyCode

    @model_validator(mode="after")
    def _exact(self) -> Self:
        decimals = _DECIMALS[self.currency]
        exact = abs(self.amount).quantize(Decimal(1).scaleb(-decimals))
        if exact != self.amount:
            raise ValueError(f"{self.currency} has {decimals} decimals; the amount has more")
        object.__setattr__(self, "amount", exact)
        return self

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> Self | None:
        """From two columns; None if they are NULL."""
        return None if amount is None or currency is None else cls(amount=amount, currency=currency)


def money_columns(name: str, money: Money | None) -> dict[str, Any]:
    """The two columns that hold the value called `name`."""
    return {
        f"{name}_amount": money.amount if money else None,
        f"{name}_currency": money.currency if money else None,
    }


class MoneyTotal(Money):
    """A sum, which may be more than any single amount."""

    amount: Decimal = Field(ge=0)
