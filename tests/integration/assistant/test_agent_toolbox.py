"""The toolbox: how tools are handed to a model."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from backend.core.errors import ConflictError
from backend.core.permissions import Permission
from backend.core.scopes import SYSTEM
from backend.models.assistant.message_parts import CallOutcome
from backend.models.platform.base import Input
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.assistant.language_models import OfferedTool
from backend.services.assistant.plans import Plans
from backend.services.assistant.toolbox import MAX_PARALLEL, Toolbox
from backend.services.assistant.tools.base import (
    AssistantTool,
    CallScope,
    Result,
    ToolContext,
    ToolDependencies,
)
from tests.factories import make_tool
from tests.fixtures.execution_kinds import asking_each_time
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements


class NoArguments(Input):
    """None at all."""


class Counting:
    """A tool that notes how many of its calls there were, and were at work at once."""

    def __init__(self, result: str = "") -> None:
        self.most = self.calls = 0
        self._now = 0
        self._result = result
        self.tool: AssistantTool[Any] = AssistantTool(
            "count", "Counts.", NoArguments, Permission.TASKS_READ, self._run
        )

    async def _run(self, _given: NoArguments, _context: ToolContext) -> Result:
        self.calls += 1
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.01)
        self._now -= 1
        return {"result": self._result}


def toolbox_of(counting: Counting, uow: SqlUnitOfWorkFactory) -> Toolbox:
    nothing = cast("ToolDependencies", None)
    rights = asking_each_time(uow)
    plans = Plans(uow, timedelta(minutes=1))
    return Toolbox(uow, {"count": counting.tool}, nothing, plans, rights)


async def offered(counting: Counting, member: Person, uow: SqlUnitOfWorkFactory) -> OfferedTool:
    async with uow(SYSTEM) as unit:
        await unit.tools.save(make_tool(name="count"))
        await unit.commit()
    toolbox = toolbox_of(counting, uow)
    return await toolbox.offer("count", member.principal, CallScope(uuid4()))


async def test_a_few_calls_of_an_answer_run_at_once(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    """However many there are: each takes a connection, and others want one as well."""
    counting = Counting()
    tool = await offered(counting, member, uow)

    await asyncio.gather(*(tool.call({}) for _ in range(30)))

    assert (counting.calls, counting.most) == (30, MAX_PARALLEL)


async def test_all_calls_of_an_answer_together_tell_so_much(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    counting = Counting("x" * 150_000)
    tool = await offered(counting, member, uow)

    outcomes = [(await tool.call({})).outcome for _ in range(10)]

    assert outcomes == [CallOutcome.DONE] * 7 + [CallOutcome.REFUSED] * 3
    assert counting.calls == 7


async def test_a_tool_that_there_is_not_is_not_offered(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    toolbox = toolbox_of(Counting(), uow)

    for name in ("count", "gone"):
        with pytest.raises(
            ConflictError, match=f"The tool {name} is switched off or no longer exists"
        ):
            await toolbox.offer(name, member.principal, CallScope(uuid4()))


async def test_the_trace_of_a_broken_tool_names_it(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    class Breaking(Counting):
        async def _run(self, _given: NoArguments, _context: ToolContext) -> Result:
            raise ZeroDivisionError

    tool = await offered(Breaking(), member, uow)

    with pytest.raises(ZeroDivisionError) as raised:
        await tool.call({})

    assert raised.value.__notes__ == ["The tool count was called."]
    names = [entry.frame.code.raw.co_qualname for entry in raised.traceback]
    assert "ToolCall.__call__" in names


async def test_who_may_use_no_tools_is_offered_none_without_a_look(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    with sent_statements() as sent:
        tools = await toolbox_of(Counting(), uow).offered(member.principal, CallScope(uuid4()), ())

    assert (tools, sent) == ([], [])
