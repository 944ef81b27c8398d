"""Plans a batch of rows: compares them with the database by the rules of the resource."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.core.errors import ConflictError, DomainError, InvalidInputError, PermissionDeniedError
from backend.models.exchange.imports import RowError
from backend.models.platform.money import check_entered
from backend.repositories.exchange.unit import ExchangeReading
from backend.services.background.kinds import ExecutionContext
from backend.services.exchange.imports.fields import EMAIL
from backend.services.exchange.imports.headers import Headers
from backend.services.exchange.imports.identities import new_row_id
from backend.services.exchange.imports.known import Known, read_known
from backend.services.exchange.imports.parsing import ParsedRow
from backend.services.exchange.imports.resources import Resource
from backend.services.exchange.imports.tally import Tally
from backend.services.platform.blocking import in_thread

_EXACT_TO = timedelta(milliseconds=1)
"""The precision of times in spreadsheets."""


@dataclass
class Plan:
    """What to write, and the outcome of all rows of the batch.

    Attributes:
        new: the values of rows by column.
        changed: the same for existing rows, with the version that was read.
    """

    new: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    changed: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    tally: Tally = dataclasses.field(default_factory=Tally)


class Planner:
    """Plans the batches of one pass over a file, in their order."""

    def __init__(self, resource: Resource[Any], headers: Headers, run: ExecutionContext) -> None:
        self._resource = resource
        self._headers = headers
        self._run, self._by = run, run.by
        self._taken: dict[UUID, int] = {}

    async def plan(
        self, uow: ExchangeReading, batch: Sequence[ParsedRow], *, for_update: bool = False
    ) -> Plan:
        """`for_update` locks the existing rows. Writes nothing."""
        resource, run_id = self._resource, self._run.id
        # Their role may have changed since the last batch.
        self._by = self._run.by
        new_ids = [new_row_id(run_id, row.number) for row in batch]
        ids, keys = set(), set()
        for row, new_id in zip(batch, new_ids, strict=True):
            key = resource.key_of(row.data)
            if key and (not row.id or resource.key_is_unique):
                keys.add(key)
            if row.id or not key:
                ids.add(row.id or new_id)
        found = await resource.rows(uow).find_matches(ids, keys, for_update=for_update)
        known = await read_known(uow, resource, batch, self._by)
        return await in_thread(self._decide, batch, new_ids, found, known)

    def _decide(
        self,
        batch: Sequence[ParsedRow],
        new_ids: Sequence[UUID],
        found: Sequence[Any],
        known: Known,
    ) -> Plan:
        """`new_ids` has for each row the id that it gets if it is new."""
        by_key: dict[str, list[Any]] = defaultdict(list)
        for each in found:
            if key := self._resource.key_of(each):
                by_key[key].append(each)
        by_id = {each.id: each for each in found}
        plan = Plan()
        for row, new_id in zip(batch, new_ids, strict=True):
            try:
                match = self._match(row, new_id, by_id, by_key)
                self._decide_row(row, new_id, match, known, plan)
            except DomainError as error:
                column = self._column_of(self._field_of(error))
                plan.tally.fail([RowError(row=row.number, column=column, message=error.detail)])
        return plan

    def _match(
        self,
        row: ParsedRow,
        new_id: UUID,
        by_id: Mapping[UUID, Any],
        by_key: Mapping[str, list[Any]],
    ) -> Any | None:
        """Return the row to change; None if one is to be created."""
        key = self._resource.key_of(row.data)
        same_key = by_key.get(key, []) if key else []
        if row.id:
            return self._with_id(row, row.id, by_id, same_key)
        if len(same_key) > 1:
            raise InvalidInputError(
                str(self._resource.key),
                f"There are {len(same_key)} of them: add a column `id` to identify the row.",
            )
        return same_key[0] if same_key else by_id.get(new_id)

    def _with_id(
        self, row: ParsedRow, row_id: UUID, by_id: Mapping[UUID, Any], same_key: Sequence[Any]
    ) -> Any:
        if row_id not in by_id:
            raise InvalidInputError(
                "id",
                f"There is no {self._resource.kind} with this id: leave the cell blank to add one.",
            )
        if self._resource.key_is_unique and any(each.id != row_id for each in same_key):
            raise InvalidInputError(
                str(self._resource.key),
                f"Another {self._resource.kind} has it; archived ones count too.",
            )
        return by_id[row_id]

    def _decide_row(
        self, row: ParsedRow, new_id: UUID, match: Any | None, known: Known, plan: Plan
    ) -> None:
        if match is None:
            values = self._with_person(self._resource.values(row.data), row, known)
            self._check(values, values, known)
            self._resource.check_new(values)
            plan.new.append(values | {"id": new_id})
            plan.tally.created += 1
        elif match.id == new_id:
            # An interrupted attempt has created it.
            plan.tally.created += 1
        else:
            self._take(row, match.id)
            self._change(row, match, known, plan)

    def _change(self, row: ParsedRow, match: Any, known: Known, plan: Plan) -> None:
        given = self._resource.values(row.data, given=True)
        if row.email:
            given = self._with_person(given, row, known)
        different = {
            name: value for name, value in given.items() if not _same(getattr(match, name), value)
        }
        if not different:
            plan.tally.unchanged += 1
            return
        self._check(different, given, known)
        self._resource.change(match, different)
        plan.changed.append(self._resource.columns_of(match))
        plan.tally.updated += 1

    def _take(self, row: ParsedRow, row_id: UUID) -> None:
        first = self._taken.setdefault(row_id, row.number)
        if first != row.number:
            detail = f"Row {first} is about the same {self._resource.kind}: keep one of them."
            raise InvalidInputError("id", detail)

    def _with_person(self, values: dict[str, Any], row: ParsedRow, known: Known) -> dict[str, Any]:
        """Return the values with the id of the person, by default the importing one's."""
        field = self._resource.person
        if field is None:
            return values
        person = known.user_with(row.email, field) if row.email else values[field]
        if person is None and self._resource.person_is_needed:
            person = self._by.user_id
        return values | {field: person}

    def _check(self, values: Mapping[str, Any], row: Mapping[str, Any], known: Known) -> None:
        """Raises InvalidInputError or PermissionDeniedError for new values that are not allowed."""
        resource = self._resource
        if resource.amount:
            check_entered(resource.amount, values, row.get(f"{resource.amount}_currency"))
        person = values.get(resource.person) if resource.person else None
        if resource.person and person is not None and person != self._by.user_id:
            if resource.person_permission:
                self._by.require(resource.person_permission)
            known.check_active(resource.person, person)
        for field, kind in resource.references.items():
            known.check_reference(field, kind, values.get(field))

    def _column_of(self, field: str | None) -> str | None:
        if field and field == self._resource.person:
            return self._headers.name_of(*EMAIL) or self._headers.name_of(field)
        return self._headers.name_of(*field.split(".")) if field else None

    def _field_of(self, error: DomainError) -> str | None:
        """Map an error to its field. Errors that name none can come from one field only."""
        match error:
            case InvalidInputError():
                return error.field
            case PermissionDeniedError():
                return self._resource.person
            case ConflictError():
                return "status"
        return None


def _same(present: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return set(present) == set(wanted)
    if isinstance(wanted, datetime) and isinstance(present, datetime):
        return abs(wanted - present) < _EXACT_TO
    return bool(present == wanted)
