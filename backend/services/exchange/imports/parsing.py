"""Validates the rows of a file like bodies of the API."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import MISSING, ValidationError
from pydantic_core import ErrorDetails

from backend.core.errors import fault_in_words
from backend.core.storable import unstorable_in
from backend.models.exchange.imports import RowError
from backend.models.exchange.sheet_errors import is_error_text
from backend.models.platform.base import Input
from backend.models.platform.characters import spelled
from backend.models.platform.currencies import STORED
from backend.models.platform.fields import email_to_look_up
from backend.models.platform.money import FROM_EXPORT
from backend.services.exchange.imports.amounts import AmbiguousAmountError, plain_amount
from backend.services.exchange.imports.cells import is_blank
from backend.services.exchange.imports.fields import EMAIL, ID, Column
from backend.services.exchange.imports.headers import Headers
from backend.services.exchange.imports.resources import Resource
from backend.services.exchange.imports.tally import Tally
from backend.services.exchange.protocols import Cell, CellFault

_NO_ID = "Not a valid id: copy it from an export, or leave the cell blank."
_UNSTORABLE = "The cell contains {}, which can't be stored: remove it, or retype the text."
_MESSAGES = {
    "missing": "A value is required: fill the cell.",
    "bool_type": "Write true or false.",
    "uuid_parsing": _NO_ID,
}


class ParsedRow(NamedTuple):
    """A row that is valid by itself.

    Attributes:
        number: as in the spreadsheet.
        id: of the row to change, if given.
        data: only fields given in the file are set.
        email: of the person, if given.
    """

    number: int
    id: UUID | None
    data: Input
    email: str | None


class RowParser:
    def __init__(self, resource: Resource[Any], headers: Headers) -> None:
        self.headers = headers
        self._resource = resource
        self._seen: dict[tuple[str, str], int] = {}
        self.tally = Tally()

    def parse(self, number: int, row: Sequence[Cell]) -> ParsedRow | None:
        """Return the row, or None if it has errors, which are counted."""
        errors = [RowError(row=number, column=name, message=why) for name, why in self._bad(row)]
        values = self._values(row)
        errors += self._amounts(number, values)
        row_id, email = values.pop(ID[0], None), values.pop(EMAIL[0], None)
        if email == "":
            values[str(self._resource.person)] = None
        found: list[RowError] = []
        try:
            data = self._resource.create.model_validate(values, context=FROM_EXPORT)
        except ValidationError as error:
            found += [self._error(number, each) for each in error.errors(include_url=False)]
        if row_id and not _is_id(row_id):
            found.append(RowError(row=number, column=self.headers.name_of(*ID), message=_NO_ID))
        told = {each.column for each in errors}
        errors += [each for each in found if each.column not in told]
        if not errors:
            errors += self._repeated(number, row_id, data)
        if errors:
            self.tally.fail(errors)
            return None
        address = email_to_look_up(email) if email else None
        return ParsedRow(number, UUID(row_id) if row_id else None, data, address)

    def _bad(self, row: Sequence[Cell]) -> Iterator[tuple[str | None, str]]:
        """Return errors of cells that do not depend on the column."""
        columns, names = self.headers
        for place, cell in enumerate(row):
            name = names[place] if place < len(names) else ""
            if not name and not is_blank(cell):
                yield None, f"Cell {place + 1} has no header: remove it, or add the header."
            elif name and columns[place] and (problem := _problem_of(cell)):
                yield name, problem

    def _values(self, row: Sequence[Cell]) -> dict[str, Any]:
        """Return the values by field, as in a body."""
        values: dict[str, Any] = {}
        cells = [*row, *(None for _ in range(len(self.headers.columns) - len(row)))]
        for column, cell in zip(self.headers.columns, cells, strict=False):
            if column is not None:
                _put(values, column, cell)
        return values

    def _amounts(self, number: int, values: dict[str, Any]) -> Iterator[RowError]:
        """Convert an amount given as text to the syntax of JSON."""
        money = values.get(self._resource.amount) or {}
        if isinstance(text := money.get("amount"), str):
            try:
                decimals = STORED.get(str(money.get("currency", "")).upper())
                money["amount"] = plain_amount(text, decimals)
            except AmbiguousAmountError as error:
                column = self.headers.name_of(self._resource.amount, "amount")
                yield RowError(row=number, column=column, message=str(error))

    def _error(self, number: int, error: ErrorDetails) -> RowError:
        message = _MESSAGES.get(error["type"]) or _sentence(fault_in_words(error))
        column = self.headers.name_of(*map(str, error["loc"][:2])) if error["loc"] else None
        return RowError(row=number, column=column, message=message)

    def _repeated(self, number: int, row_id: str | None, data: Input) -> Iterator[RowError]:
        """Refuse duplicates, whose result would depend on the order of writing."""
        resource = self._resource
        identities = [("id", row_id.lower())] if row_id else []
        key = resource.key_of(data)
        if key and (not row_id or resource.key_is_unique):
            identities.append((str(resource.key), key))
        for field, value in identities:
            first = self._seen.setdefault((field, value), number)
            if first != number:
                yield RowError(
                    row=number,
                    column=self.headers.name_of(field),
                    message=f"Row {first} has it too: keep one of them.",
                )


def _put(values: dict[str, Any], column: Column, cell: Cell) -> None:
    name, *part = column.path
    text = column.read(cell) if not is_blank(cell) else ""
    if text == "":
        if column.blank is not MISSING:
            values.setdefault(name, column.blank)
    elif part:
        values[name] = {**(values.get(name) or {}), part[0]: text}
    else:
        values[name] = text


def _problem_of(cell: Cell) -> str | None:
    if isinstance(cell, CellFault):
        return cell.message
    if not isinstance(cell, str):
        return None
    if is_error_text(cell):
        return f"The cell contains the error {cell.strip()}: correct the formula."
    stranger = unstorable_in(cell)
    return _UNSTORABLE.format(spelled(stranger)) if stranger else None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
