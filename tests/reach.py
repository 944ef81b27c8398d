"""What services may not reach, for mypy alone: `make lint` fails if one of these is allowed.

Each line asks a unit of work for a repository of an area above. Mypy has to refuse it, or in strict
mode it finds the `type: ignore` unused.
"""

from backend.core.scopes import SYSTEM
from backend.repositories.background.unit import BackgroundUnits
from backend.repositories.files.unit import FilesUnits
from backend.repositories.identity.unit import IdentityUnits
from backend.repositories.mail.unit import MailUnits
from backend.repositories.platform.unit import PlatformUnits
from backend.repositories.sales.unit import SalesUnits
from backend.repositories.tasks.unit import TasksUnits
from backend.services.sales.leads import LeadService


async def readers_do_not_write(units: SalesUnits) -> None:
    async with units.reading(SYSTEM) as unit:
        await unit.commit()  # type: ignore[attr-defined]  # there is no transaction


async def areas_do_not_reach_up(
    platform: PlatformUnits, mail: MailUnits, identity: IdentityUnits, tasks: TasksUnits
) -> None:
    async with platform(SYSTEM) as platform_unit:
        _ = platform_unit.users  # type: ignore[attr-defined]  # identity is above
    async with mail(SYSTEM) as mail_unit:
        _ = mail_unit.account_tokens  # type: ignore[attr-defined]  # identity is above
    async with identity.reading(SYSTEM) as identity_unit:
        _ = identity_unit.jobs  # type: ignore[attr-defined]  # background is above
    async with tasks(SYSTEM) as tasks_unit:
        _ = tasks_unit.files  # type: ignore[attr-defined]  # files is above
        _ = tasks_unit.leads  # type: ignore[attr-defined]  # sales is above


async def areas_beside_each_other_do_not_meet(
    files: FilesUnits, sales: SalesUnits, background: BackgroundUnits
) -> None:
    async with files(SYSTEM) as files_unit:
        _ = files_unit.customers  # type: ignore[attr-defined]  # sales is above
    async with sales.reading(SYSTEM) as sales_unit:
        _ = sales_unit.chats  # type: ignore[attr-defined]  # the assistant is above
    async with background(SYSTEM) as background_unit:
        _ = background_unit.tasks  # type: ignore[attr-defined]  # tasks are beside


def services_take_no_less_than_they_reach(tasks: TasksUnits) -> None:
    LeadService(tasks)  # type: ignore[arg-type]  # these units have no leads
