"""What services may rely on, held against the fakes and against PostgreSQL."""

from uuid import uuid4

import pytest

from backend.core.errors import NotFoundError
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import (
    make_model_config,
    make_prompt,
    make_prompt_version,
    make_task,
    make_tool,
)
from tests.fakes import fake_units_of_work


@pytest.fixture(params=["fake", "sql"])
def units(request: pytest.FixtureRequest, uow: SqlUnitOfWorkFactory) -> UnitOfWorkFactory:
    return fake_units_of_work() if request.param == "fake" else uow


async def test_a_committed_row_is_there_in_the_next_unit(units: UnitOfWorkFactory) -> None:
    task = make_task()
    async with units(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        assert (await reading.tasks.get(task.id)).title == task.title


async def test_without_commit_nothing_is_kept(units: UnitOfWorkFactory) -> None:
    task = make_task()
    async with units(SYSTEM) as unit:
        await unit.tasks.save(task)

    async with units.reading(SYSTEM) as reading:
        assert await reading.tasks.find(task.id) is None


async def test_an_error_keeps_nothing(units: UnitOfWorkFactory) -> None:
    task = make_task()

    async def fail_halfway() -> None:
        async with units(SYSTEM) as unit:
            await unit.tasks.save(task)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()

    async with units.reading(SYSTEM) as reading:
        assert await reading.tasks.find(task.id) is None


async def test_a_saved_row_is_found_in_the_same_unit(units: UnitOfWorkFactory) -> None:
    task = make_task()
    async with units(SYSTEM) as unit:
        await unit.tasks.save(task)

        assert (await unit.tasks.get(task.id)).id == task.id


async def test_an_unknown_row_is_an_error_or_none(units: UnitOfWorkFactory) -> None:
    async with units.reading(SYSTEM) as unit:
        unknown = uuid4()
        assert await unit.tasks.find(unknown) is None
        with pytest.raises(NotFoundError, match=f"no task with the id {unknown}"):
            await unit.tasks.get(unknown)


async def test_a_change_is_kept_when_it_is_saved(units: UnitOfWorkFactory) -> None:
    task = make_task()
    async with units(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()

    async with units(SYSTEM) as unit:
        kept = await unit.tasks.get(task.id, for_update=True)
        kept.title = "Changed"
        await unit.tasks.save(kept)
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        assert (await reading.tasks.get(task.id)).title == "Changed"


async def test_a_deleted_row_is_gone(units: UnitOfWorkFactory) -> None:
    task = make_task()
    async with units(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.tasks.delete(task)
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        assert await reading.tasks.find(task.id) is None


async def test_the_default_configuration_is_found_while_there_is_one(
    units: UnitOfWorkFactory,
) -> None:
    default = make_model_config(is_default=True)
    async with units(SYSTEM) as unit:
        await unit.model_configs.save(make_model_config())
        assert await unit.model_configs.find_default() is None
        await unit.model_configs.save(default)
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        found = await reading.model_configs.find_default()
    assert found is not None
    assert found.id == default.id


async def test_the_enabled_tools_are_named(units: UnitOfWorkFactory) -> None:
    async with units(SYSTEM) as unit:
        await unit.tools.save(make_tool(name="on"))
        await unit.tools.save(make_tool(name="off", is_enabled=False))
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        assert await reading.tools.enabled_names() == {"on"}


async def test_the_active_version_of_a_prompt_is_found(units: UnitOfWorkFactory) -> None:
    prompt = make_prompt(name="greeting", active_number=2)
    async with units(SYSTEM) as unit:
        await unit.prompts.save(prompt)
        for number in (1, 2, 3):
            await unit.prompt_versions.save(
                make_prompt_version(prompt_id=prompt.id, number=number, template=str(number))
            )
        await unit.commit()

    async with units.reading(SYSTEM) as reading:
        assert await reading.prompts.known_names(["greeting", "farewell"]) == {"greeting"}
        by_name = await reading.prompts.find_active("greeting")
        assert by_name is not None
        assert by_name.template == "2"
        assert (await reading.prompts.active_version(prompt.id)).template == "2"


async def test_a_prompt_that_is_not_there_has_no_active_version(units: UnitOfWorkFactory) -> None:
    async with units.reading(SYSTEM) as reading:
        assert await reading.prompts.find_active("greeting") is None
        with pytest.raises(NotFoundError, match="no prompt with the id"):
            await reading.prompts.active_version(uuid4())
