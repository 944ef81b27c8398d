"""What `q` finds in the lists, and in which order."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer, make_file, make_lead, make_product, make_task
from tests.fixtures.people import Person
from tests.integration.api.test_lists import walk

TITLE = "Grace Hopper writes Compilers"
MAKERS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "/customers": (make_customer, ["name", "notes", "owner_id"]),
    "/leads": (make_lead, ["name", "notes", "owner_id"]),
    "/products": (make_product, ["name", "description"]),
    "/tasks": (make_task, ["title", "description"]),
    "/files": (make_file, ["name", "owner_id"]),
}
LISTS = list(MAKERS)
WITH_TEXT = LISTS[:-1]


async def add(
    uow: UnitOfWorkFactory, path: str, owner: Person, title: str, body: str = "", **fields: Any
) -> str:
    """Add a row with a title and, unless it is a file, a body; answers its id."""
    make, names = MAKERS[path]
    texts = {"title": title, "name": title, "description": body, "notes": body}
    values = texts | {"owner_id": owner.user.id}
    row = make(**{name: values[name] for name in names}, **fields)
    async with uow(SYSTEM) as unit:
        await getattr(unit, path[1:]).save(row)
        await unit.commit()
    return str(row.id)


async def found(person: Person, path: str, **query: Any) -> list[str]:
    """The ids of what is found."""
    answer = await person.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


FITTING = [
    "grace",
    "GRACE hopper",
    "compilers grace writes hopper",
    "grace comp",
    "hopper c",
    '"grace hopper"',
    '"hopper writes" grace',
    "cobol or grace",
    "grace -cobol",
    '-"hopper grace" grace',
    "grace -comp",
    "-comp grace",
    "  grace  ",
    "grace, hopper!",
]


@pytest.mark.parametrize("path", LISTS)
async def test_words_find_a_title(
    member: Person, uow: UnitOfWorkFactory, subtests: pytest.Subtests, path: str
) -> None:
    wanted = await add(uow, path, member, TITLE)
    await add(uow, path, member, "Ada Lovelace")

    for q in FITTING:
        with subtests.test(q=q):
            assert await found(member, path, q=q) == [wanted]


UNFITTING = [
    "cobol",
    "grace cobol",
    "gra hopper",
    "race",
    '"hopper grace"',
    '"writes comp"',
    "grace -hopper",
    "grace -compilers",
    "-grace",
]


@pytest.mark.parametrize("path", LISTS)
async def test_words_do_not_find_what_they_do_not_fit(
    member: Person, uow: UnitOfWorkFactory, subtests: pytest.Subtests, path: str
) -> None:
    await add(uow, path, member, TITLE)

    for q in UNFITTING:
        with subtests.test(q=q):
            assert await found(member, path, q=q) == []


@pytest.mark.parametrize("path", WITH_TEXT)
async def test_a_match_in_the_title_comes_before_one_in_the_text(
    member: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    in_title = await add(uow, path, member, "Compilers")
    in_text = await add(uow, path, member, "Ada", "She knows of compilers.")

    assert await found(member, path, q="compilers") == [in_title, in_text]
    assert await found(member, path, q="compilers", sort="-created_at") == [in_text, in_title]
    assert await found(member, path, q="compilers", sort="created_at") == [in_title, in_text]


@pytest.mark.parametrize(
    "q",
    [
        "offer",
        "2026",
        "pdf",
        "final",
        "offer_2026",
        "offer_20",
        "offer_2026-final.pdf",
        "offer 2026",
    ],
)
async def test_parts_of_a_file_name_find_it(member: Person, uow: UnitOfWorkFactory, q: str) -> None:
    wanted = await add(uow, "/files", member, "offer_2026-final.pdf")

    assert await found(member, "/files", q=q) == [wanted]


@pytest.mark.parametrize("path", ["/customers", "/leads"])
@pytest.mark.parametrize(
    "q",
    ["grace", "hopper", "example", "grace.hopper", "grace.hopper@example.com", "grace@", "exam"],
)
async def test_parts_of_an_address_find_whose_it_is(
    member: Person, uow: UnitOfWorkFactory, path: str, q: str
) -> None:
    wanted = await add(uow, path, member, "Somebody", email="grace.hopper@example.com")

    assert await found(member, path, q=q) == [wanted]


@pytest.mark.parametrize("q", ["seat", "year", "seat-year", "SEAT-YEAR/2"])
async def test_parts_of_a_sku_find_the_product(
    member: Person, uow: UnitOfWorkFactory, q: str
) -> None:
    wanted = await add(uow, "/products", member, "Paid once", sku="SEAT-YEAR/2")

    assert await found(member, "/products", q=q) == [wanted]


async def test_accents_count(member: Person, uow: UnitOfWorkFactory) -> None:
    wanted = await add(uow, "/customers", member, "Café Müller", company="Überraschung AG")

    for q in ("café", "CAFÉ", "mül", "über"):
        assert await found(member, "/customers", q=q) == [wanted]
    for q in ("cafe", "muller"):
        assert await found(member, "/customers", q=q) == []


async def test_whatever_is_typed_is_an_answer(member: Person, uow: UnitOfWorkFactory) -> None:
    await add(uow, "/tasks", member, TITLE)
    random = Random(1)  # noqa: S311  # the same words at each run
    pieces = [*"'\"\\:*&|!()<>-@._/%; \n\tab", " or ", "é", "😀", "--", "<b>", "\u0301", "\u200b"]
    typed = ["".join(random.choices(pieces, k=random.randint(1, 9))) for _ in range(40)]

    for q in ["'; DROP TABLE tasks; --", "%' OR 1=1", "\\", '"', "-", "or", "a:*", "!!", *typed]:
        assert (await member.get("/tasks", params={"q": q})).status_code == 200, q
        everywhere = await member.get("/search", params={"q": q})
        assert everywhere.status_code == (200 if q.strip() else 422), q

    assert len((await member.get("/tasks")).json()["items"]) == 1


@pytest.mark.parametrize("q", ["x" * 201, "x " * 5_000, "a\x00b"])
@pytest.mark.parametrize("path", [*LISTS, "/search"])
async def test_what_can_not_be_looked_for_is_named(member: Person, path: str, q: str) -> None:
    answer = await member.get(path, params={"q": q})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", "q"]


@pytest.mark.parametrize("q", ["", "   ", "\n\t"])
async def test_a_blank_q_is_as_if_it_was_not_sent(
    member: Person, uow: UnitOfWorkFactory, q: str
) -> None:
    older, newer = [await add(uow, "/tasks", member, title) for title in ("A", "B")]

    assert await found(member, "/tasks", q=q) == [newer, older]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "  "}])
@pytest.mark.parametrize("path", LISTS)
async def test_nothing_is_sorted_by_relevance_without_words(
    member: Person, path: str, query: dict[str, str]
) -> None:
    answer = await member.get(path, params=query | {"sort": "relevance"})

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["loc"], error["msg"]) == (["query", "q"], "sort=relevance needs words to find")


@pytest.mark.parametrize("path", LISTS)
async def test_pages_by_relevance_hold_every_match_once(
    member: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    for number in range(9):
        # Three ranks, each shared by three.
        await add(uow, path, member, "compilers " * (number % 3 + 1))
    await add(uow, path, member, "Ada")
    whole = await found(member, path, q="compilers")

    walked = [item["id"] for item in await walk(member, path, q="compilers", limit=2)]

    assert walked == whole
    assert len(set(whole)) == 9


async def test_a_cursor_by_relevance_is_none_by_date(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    for _ in range(2):
        await add(uow, "/tasks", member, TITLE)
    query = {"q": "grace", "limit": 1}
    cursor = (await member.get("/tasks", params=query)).json()["next_cursor"]

    answer = await member.get("/tasks", params=query | {"cursor": cursor, "sort": "created_at"})

    assert answer.status_code == 400


async def test_words_and_filters_hold_together(member: Person, uow: UnitOfWorkFactory) -> None:
    wanted = await add(uow, "/tasks", member, TITLE, assignee_id=member.user.id)
    await add(uow, "/tasks", member, TITLE)
    await add(uow, "/tasks", member, "Ada", assignee_id=member.user.id)

    query = {"q": "grace", "assignee_id": str(member.user.id), "total": True}
    page = (await member.get("/tasks", params=query)).json()

    assert [item["id"] for item in page["items"]] == [wanted]
    assert page["total"] == 1


@pytest.mark.parametrize("path", ["/customers", "/products"])
async def test_what_is_archived_is_found_when_asked_for(
    member: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    there = await add(uow, path, member, TITLE)
    aside = await add(uow, path, member, TITLE, archived_at=now())

    assert await found(member, path, q="grace") == [there]
    assert await found(member, path, q="grace", archived="true") == [aside]
    assert await found(member, path, q="grace", archived="any", sort="created_at") == [there, aside]
