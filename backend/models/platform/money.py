"""Money: an exact amount of one currency."""

from collections.abc import Container, Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)
from sqlalchemy import Numeric

from backend.core.errors import InvalidInputError
from backend.models.platform.currencies import CURRENT, STORED, stored_decimals
from backend.models.platform.fields import Exact

AMOUNT = Numeric(18, 4)
"""Return the column of an amount: no currency has more than four decimals."""

_MAX_AMOUNT = Decimal(10) ** 12


NO_CURRENCY = "must be the ISO 4217 code of a currency, such as EUR"
FROM_EXPORT = {"currencies": STORED}
"""The validation context for imported values: `check_entered` follows later."""


def _one_of(codes: Container[str]) -> AfterValidator:
    def check(code: str, info: ValidationInfo) -> str:
        code = code.upper()
        if code not in (info.context or {}).get("currencies", codes):
            raise ValueError(NO_CURRENCY)
        return code

    return AfterValidator(check)


_CODE = Field(min_length=3, max_length=3, description="ISO 4217.")

CurrencyCode = Annotated[str, _one_of(CURRENT), _CODE]
"""A currency that may be entered."""

StoredCurrencyCode = Annotated[str, _one_of(STORED), _CODE]
"""A currency in a filter: withdrawn ones may be stored."""


class Money(BaseModel):
    """Has at most the decimals of its currency: two for EUR, none for JPY, three for KWD."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"amount": "19.90", "currency": "EUR"}]},
    )

    amount: Exact = Field(ge=0, lt=_MAX_AMOUNT, max_digits=16, decimal_places=4)
    currency: CurrencyCode

    @model_validator(mode="wrap")
    @classmethod
    def _exact(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(given, cls):  # Created by `of` for a response.
            return given
        entered = validate(given)
        decimals = STORED[entered.currency]
        exact = _with_decimals(abs(entered.amount), decimals)
        if exact != entered.amount:
            raise ValueError(f"{entered.currency} has {decimals} decimals; the amount has more")
        return cls.model_construct(amount=exact, currency=entered.currency)

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> Self | None:
        """Create from two columns; None if they are NULL. Stored amounts stay valid for ever.

        The currency may have been withdrawn, and the amount may have more decimals than the
        currency, so that none are lost.
        """
        if amount is None or currency is None:
            return None
        shown = _with_decimals(amount, stored_decimals(currency))
        kept = shown if shown == amount else amount.normalize()
        return cls.model_construct(amount=kept, currency=currency)


def _with_decimals(amount: Decimal, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals))


def money_columns(name: str, money: Money | None) -> dict[str, Any]:
    """Return the two columns of the value called `name`."""
    return {
        f"{name}_amount": money.amount if money else None,
        f"{name}_currency": money.currency if money else None,
    }


def check_entered(name: str, changed: Mapping[str, Any], currency: str | None) -> None:
    """Raises InvalidInputError for a new value in a withdrawn currency."""
    is_new = not changed.keys().isdisjoint({f"{name}_amount", f"{name}_currency"})
    if is_new and currency is not None and currency not in CURRENT:
        raise InvalidInputError(f"{name}.currency", f"{NO_CURRENCY[0].upper()}{NO_CURRENCY[1:]}.")


class MoneyTotal(Money):
    """A sum, which may exceed the largest single amount."""

    amount: Decimal = Field(ge=0)
