"""Rows made of inputs: what is not valid for the table is refused, whoever gave it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import inspect
from sqlmodel import SQLModel

from backend.core.permissions import Role
from backend.models.identity.users import User, UserCreate
from backend.models.sales.leads import Lead, LeadCreate, LeadStatus
from backend.models.tasks.checklists import ChecklistItem
from backend.models.tasks.tasks import Task, TaskCreate, TaskPriority, TaskStatus
from tests.factories import make_task

HASH = "a hash"
PERSON = UserCreate(
    email="ada@example.com", full_name="Ada", password="a long password", role=Role.MEMBER
)


def changed(data: TaskCreate, **values: Any) -> TaskCreate:
    """The input as only our own code can change it: without validation."""
    return data.model_copy(update=values)


@pytest.fixture
def data() -> TaskCreate:
    return TaskCreate(title="Water the plants", priority=TaskPriority.HIGH)


def test_a_row_has_the_values_of_the_input_what_is_given_and_the_defaults(data: TaskCreate) -> None:
    task = Task.from_input(data, status=TaskStatus.IN_PROGRESS)

    assert (task.title, task.priority) == ("Water the plants", TaskPriority.HIGH)
    assert task.status is TaskStatus.IN_PROGRESS
    assert (task.version, task.checklist, task.completed_at) == (1, [], None)
    assert task.id != Task.from_input(data).id
    assert task.updated_at == task.created_at


def test_rows_share_no_list() -> None:
    first, second = make_task(), make_task()

    first.checklist.append(ChecklistItem(text="The ferns"))

    assert second.checklist == make_task().checklist == []


def test_no_default_of_a_row_is_made_by_a_type_whose_signature_is_parsed() -> None:
    """Pydantic 2.14 asks for the signature of each factory whenever SQLModel makes a row.

    Python parses that of `list` from a text, which takes longer than all else about the row: write
    `default=[]`, of which each row gets a copy.
    """
    factories = {
        f"{mapper.class_.__name__}.{name}": field.default_factory
        for mapper in SQLModel._sa_registry.mappers
        for name, field in mapper.class_.model_fields.items()
    }

    parsed = [name for name, made in factories.items() if getattr(made, "__text_signature__", None)]

    assert parsed == []


def test_an_input_stays_as_it_is(data: TaskCreate) -> None:
    Task.from_input(data, title="Sing")

    assert data.title == "Water the plants"


def test_a_row_has_nothing_that_the_table_has_not() -> None:
    user = User.from_input(PERSON, password_hash=HASH)

    assert "password" not in vars(user)
    assert user.password_hash == HASH


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "a" * 10_000),
        ("title", "a\x00b"),
        ("title", None),
        ("status", "forgotten"),
        ("due_at", datetime(2026, 6, 5, 15)),  # noqa: DTZ001  # without a zone: refused
        ("assignee_id", "somebody"),
        ("version", 0),
        ("checklist", ["Ask for the address"]),
    ],
)
def test_what_is_given_is_validated(data: TaskCreate, field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Task.from_input(data, **{field: value})

    assert caught.value.errors()[0]["loc"][0] == field


def test_an_input_that_was_changed_since_is_validated_again(data: TaskCreate) -> None:
    with pytest.raises(ValidationError):
        Task.from_input(changed(data, title="a\x00b"))


def test_what_the_table_requires_may_not_be_missing() -> None:
    with pytest.raises(ValidationError) as caught:
        User.from_input(PERSON)

    assert [error["loc"] for error in caught.value.errors()] == [("password_hash",)]


def test_moments_are_in_utc(data: TaskCreate) -> None:
    task = Task.from_input(data, due_at=datetime.fromisoformat("2026-06-05T17:00:00+02:00"))

    assert task.due_at == datetime(2026, 6, 5, 15, tzinfo=UTC)
    assert task.due_at.tzinfo is UTC


def test_a_row_is_one_that_sqlalchemy_will_insert(data: TaskCreate) -> None:
    task = Task.from_input(data)

    state = inspect(task)
    assert state.transient
    task.title = "Sing"
    assert state.attrs.title.history.added == ["Sing"]


def test_related_rows_are_set_as_on_any_row() -> None:
    lead = Lead.from_input(
        LeadCreate(name="Ada", email="ada@example.com"), status=LeadStatus.NEW, owner_id=uuid4()
    )
    lead.interests = []

    assert inspect(lead).attrs.interests.history.added == []
