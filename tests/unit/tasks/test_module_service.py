from uuid import uuid4

import pytest

from backend.core.errors import NotFoundError, PreconditionFailedError
from backend.core.permissions import Role
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.core.scopes import SYSTEM
from backend.models.tasks.modules import Module, ModuleUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.tasks.modules import ModuleService
from tests.factories import make_module, make_principal
from tests.fakes import fake_units_of_work

OWNER = make_principal(Role.VIEWER)
ADMIN = make_principal(Role.ADMIN)


@pytest.fixture
def fake_uow() -> UnitOfWorkFactory:
    return fake_units_of_work()


@pytest.fixture
def modules(fake_uow: UnitOfWorkFactory) -> ModuleService:
    return ModuleService(fake_uow)


@pytest.fixture
async def module(fake_uow: UnitOfWorkFactory) -> Module:
    module = make_module(owner_id=OWNER.user_id, version=2)
    async with fake_uow(SYSTEM) as unit:
        await unit.modules.save(module)
        await unit.commit()
    return module


async def test_a_person_changes_their_own_module(modules: ModuleService, module: Module) -> None:
    changes = ModuleUpdate(title="Summer")
    await modules.update(module.id, changes, OWNER, Precondition(frozenset({2})))

    assert (await modules.read(module.id, OWNER)).title == "Summer"


async def test_a_module_that_has_changed_is_not_overwritten(
    modules: ModuleService, module: Module
) -> None:
    changes = ModuleUpdate(title="Summer")
    with pytest.raises(PreconditionFailedError):
        await modules.update(module.id, changes, OWNER, Precondition(frozenset({1})))
    assert (await modules.read(module.id, OWNER)).title == module.title


async def test_a_module_of_somebody_else_is_not_found_by_an_admin(
    modules: ModuleService, module: Module
) -> None:
    for attempt in (
        modules.read(module.id, ADMIN),
        modules.update(module.id, ModuleUpdate(title="Mine"), ADMIN, ANY_VERSION),
        modules.delete(module.id, ADMIN, ANY_VERSION),
    ):
        with pytest.raises(NotFoundError, match=str(module.id)):
            await attempt
    assert (await modules.read(module.id, OWNER)).title == module.title


async def test_a_stranger_does_not_learn_the_version(
    modules: ModuleService, module: Module
) -> None:
    with pytest.raises(NotFoundError):
        await modules.delete(module.id, ADMIN, Precondition(frozenset({1})))


async def test_an_unknown_module_and_that_of_somebody_else_sound_alike(
    modules: ModuleService, module: Module
) -> None:
    unknown = uuid4()
    with pytest.raises(NotFoundError) as of_nobody:
        await modules.read(unknown, ADMIN)
    with pytest.raises(NotFoundError) as of_somebody:
        await modules.read(module.id, ADMIN)

    said = of_somebody.value.detail.replace(str(module.id), str(unknown))
    assert said == of_nobody.value.detail
