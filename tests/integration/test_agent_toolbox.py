"""The toolbox: how tools are handed to a model."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from backend.core.permissions import Permission
from backend.models.base import Input
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.agent_toolbox import MOST_AT_ONCE, Toolbox
from backend.services.agent_tools.base import (
    AgentTool,
    CallScope,
    Result,
    ToolContext,
    ToolServices,
)
from tests.factories import make_tool
from tests.fixtures.execution_kinds import asking_each_time
from tests.fixtures.people import Person


class NoArguments(Input):
    """None at all."""


class Counting:
    """A tool that notes how many of its calls were at work at once."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self.tool: AgentTool[Any] = AgentTool(
            "count", "Counts.", NoArguments, Permission.TASKS_READ, self._run
        )

    async def _run(self, _given: NoArguments, _context: ToolContext) -> Result:
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.01)
        self._now -= 1
        return {}


async def test_a_few_calls_of_an_answer_run_at_once(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    """However many there are: each takes a connection, and others want one as well."""
    async with uow() as unit:
        await unit.tools.save(make_tool(name="count"))
        await unit.commit()
    counting = Counting()
    nothing = cast("ToolServices", None)
    toolbox = Toolbox(
        uow, {"count": counting.tool}, nothing, timedelta(minutes=1), asking_each_time(uow)
    )
    (offered,) = await toolbox.offered(member.principal, CallScope(uuid4()))

    await asyncio.gather(*(offered.call({}) for _ in range(30)))

    assert counting.most == MOST_AT_ONCE
