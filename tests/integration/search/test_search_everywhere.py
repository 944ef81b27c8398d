"""`GET /search`: over all that the caller may see."""

from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import ROLE_PERMISSIONS, Permission, Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.search.search import SearchKind
from backend.repositories.sql.search.search import SOURCES
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_module
from tests.fixtures.people import Person, with_key
from tests.integration.search.test_search import add
from tests.world import EXAMPLES, add_needed

KINDS = [kind.value for kind in SearchKind]


async def groups(person: Person, q: str = "grace", **query: Any) -> dict[str, Any]:
    """What is found, by kind."""
    answer = await person.get("/search", params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    return {group["kind"]: group for group in answer.json()["groups"]}


async def hits(person: Person, kind: str, q: str, **query: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await groups(person, q, **query))[kind]["hits"]
    return found


@pytest.fixture
async def one_of_each(member: Person, uow: UnitOfWorkFactory) -> dict[str, str]:
    """Something called Grace Hopper of each kind; answers the ids."""
    return {kind.value: await add_grace(uow, kind, member) for kind in SearchKind}


async def add_grace(uow: UnitOfWorkFactory, kind: SearchKind, owner: Person) -> str:
    [example] = (each for each in EXAMPLES if each.repository == kind)
    name = {SOURCES[kind].title.key: "Grace Hopper"}
    row = example.make(**name, **example.owned_by(owner.user))
    async with uow(FIRST) as unit:
        await add_needed(unit, owner.user, example.path)
        await getattr(unit, example.repository).save(row)
        await unit.commit()
    return str(row.id)


async def test_what_is_found_is_grouped_by_kind(
    member: Person, one_of_each: dict[str, str]
) -> None:
    answer = (await member.get("/search", params={"q": "grace"})).json()

    assert [group["kind"] for group in answer["groups"]] == KINDS
    for group in answer["groups"]:
        assert not group["has_more"]
        (hit,) = group["hits"]
        assert (hit["id"], hit["title"]) == (one_of_each[group["kind"]], "Grace Hopper")
        assert "<mark>Grace</mark> Hopper" in hit["snippet"]


@pytest.mark.usefixtures("one_of_each")
async def test_only_the_kinds_that_are_asked_for_are_looked_through(member: Person) -> None:
    assert set(await groups(member, kind=["tasks", "leads"])) == {"tasks", "leads"}


@pytest.mark.usefixtures("one_of_each")
async def test_a_kind_that_is_named_twice_is_found_once(member: Person) -> None:
    answer = (await member.get("/search", params={"q": "grace", "kind": ["tasks"] * 2})).json()

    (group,) = answer["groups"]
    assert len(group["hits"]) == 1


@pytest.mark.usefixtures("one_of_each")
async def test_a_kind_in_which_nothing_is_found_is_left_out(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    await add(uow, "/leads", member, "Ada Lovelace")

    assert set(await groups(member, "lovelace")) == {"leads"}
    assert await groups(member, "nobody") == {}


async def test_the_best_hits_come_first_and_more_are_told_of(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    last = await add(uow, "/tasks", member, "Ada", "Knows Grace.")
    first = await add(uow, "/tasks", member, "Grace")

    few = (await groups(member, limit=1))["tasks"]
    all_ = (await groups(member, limit=2))["tasks"]

    assert ([hit["id"] for hit in few["hits"]], few["has_more"]) == ([first], True)
    assert ([hit["id"] for hit in all_["hits"]], all_["has_more"]) == ([first, last], False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "a", "limit": 0}, "limit"),
        ({"q": "a", "limit": 21}, "limit"),
        ({"q": "a", "kind": "users"}, "kind"),
        ({"q": "a", "sort": "relevance"}, "sort"),
        ({"q": " "}, "q"),
        ({}, "q"),
    ],
)
async def test_a_search_that_does_not_fit_names_the_parameter(
    member: Person, query: dict[str, Any], field: str
) -> None:
    answer = await member.get("/search", params=query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:2] == ["query", field]


async def test_a_snippet_is_safe_to_show(member: Person, uow: UnitOfWorkFactory) -> None:
    text_ = "Grace <script>alert('x' & \"y\")</script> a < b \x02c\x03"
    await add(uow, "/tasks", member, "Ada", text_)

    (hit,) = await hits(member, "tasks", "grace")

    # PostgreSQL leaves tags out, and what is left of them is escaped.
    snippet = "Ada <mark>Grace</mark>  alert(&#x27;x&#x27; &amp; &quot;y&quot;)  a &lt; b c"
    assert hit["snippet"] == snippet


async def test_a_title_is_text_as_it_is(member: Person, uow: UnitOfWorkFactory) -> None:
    title = "Grace <script>alert(1)</script>"
    await add(uow, "/tasks", member, title)

    (hit,) = await hits(member, "tasks", "grace")

    assert hit["title"] == title
    assert "<script>" not in hit["snippet"]


async def test_a_snippet_of_a_short_text_is_all_of_it(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    await add(uow, "/tasks", member, "A to do", "Go to Grace at noon")

    (hit,) = await hits(member, "tasks", "grace")

    assert hit["snippet"] == "A to do Go to <mark>Grace</mark> at noon"


async def test_a_snippet_of_a_long_text_is_what_was_found(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    await add(uow, "/tasks", member, "Ada", "before " * 500 + "Grace" + " after" * 500)

    (hit,) = await hits(member, "tasks", "gra")

    assert "<mark>Grace</mark>" in hit["snippet"]
    assert len(hit["snippet"]) < 500


async def test_words_far_apart_in_a_long_text_are_shown_where_one_of_them_is(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    await add(uow, "/tasks", member, "Ada", "so " * 1000 + "Grace" + " or" * 1000 + " Hopper")

    (hit,) = await hits(member, "tasks", "grace hopp")

    assert "<mark>Grace</mark>" in hit["snippet"] or "<mark>Hopper</mark>" in hit["snippet"]


async def test_snippets_of_texts_full_of_a_word_take_no_time(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    for _ in range(21):
        await add(uow, "/customers", member, "Repeats", "so " * 3300)
        await add(uow, "/leads", member, "Once", "so " * 3200 + "unique")

    took = {}
    for q, kind in (("unique", "leads"), ("so", "customers")):
        begun = perf_counter()
        found = await groups(member, q, kind=kind, limit=20)
        took[kind] = perf_counter() - begun
        assert len(found[kind]["hits"]) == 20

    assert took["customers"] < 2 * took["leads"] + 0.1


async def test_private_files_of_others_are_not_found(
    member: Person, admin: Person, uow: UnitOfWorkFactory
) -> None:
    module = make_module(owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.modules.save(module)
        await unit.commit()
    await add(uow, "/files", member, "Grace.txt", module_id=module.id)
    await add(uow, "/files", member, "Grace.txt")

    assert await groups(admin) == {}
    assert len(await hits(member, "files", "grace")) == 2


@pytest.mark.usefixtures("one_of_each")
async def test_each_kind_takes_its_permission(
    member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in set(KINDS) - {"files"}:
        others = ROLE_PERMISSIONS[Role.MEMBER] - {f"{kind}:read"}
        monkeypatch.setitem(ROLE_PERMISSIONS, Role.MEMBER, others)

        assert set(await groups(member)) == set(KINDS) - {kind}
        assert await groups(member, kind=kind) == {}
        monkeypatch.undo()


async def test_who_may_not_read_the_teams_files_finds_their_own(
    member: Person, manager: Person, uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = await add(uow, "/files", member, "Grace.txt")
    customer = (await manager.post("/customers", json={"name": "Ada"})).json()
    await add(uow, "/files", manager, "Grace.txt", customer_id=customer["id"])
    others = ROLE_PERMISSIONS[Role.MEMBER] - {Permission.FILES_READ}
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.MEMBER, others)

    assert [hit["id"] for hit in await hits(member, "files", "grace")] == [own]


async def test_of_very_many_matches_the_newest_are_ranked(
    member: Person, uow: UnitOfWorkFactory, database: Database
) -> None:
    best = await add(uow, "/tasks", member, "Grace Grace Grace")
    copy = text("""
        INSERT INTO tasks (id, title, description, status, priority, created_at, updated_at,
            version, checklist)
        SELECT gen_random_uuid(), 'Grace', '', status, priority, created_at + interval '1 second',
            updated_at, version, checklist
        FROM tasks, generate_series(1, :count)
    """)
    async with database.writing_session() as session:
        await (await session.connection()).execute(copy, {"count": 999})
        await session.commit()
    assert (await hits(member, "tasks", "grace"))[0]["id"] == best

    await add(uow, "/tasks", member, "Grace")

    assert best not in {hit["id"] for hit in await hits(member, "tasks", "grace", limit=20)}


async def test_what_is_archived_is_not_found(member: Person) -> None:
    customer = (await member.post("/customers", json={"name": "Zanzibar Ltd."})).json()
    await member.post(f"/customers/{customer['id']}/archive")

    found = await member.get("/search", params={"q": "zanzibar"})

    assert found.json() == {"groups": []}


@pytest.mark.parametrize(
    ("permissions", "kinds"),
    [
        (["tasks:read"], {"tasks"}),
        (["customers:read", "files:read"], {"customers", "files"}),
        (["leads:write", "products:read"], {"products"}),
    ],
)
async def test_a_narrowed_key_finds_what_it_may_read(
    member: Person, one_of_each: dict[str, str], permissions: list[str], kinds: set[str]
) -> None:
    program = await with_key(member, permissions=permissions)

    assert set(await groups(program)) == kinds
    assert set(await groups(program, kind=KINDS)) == kinds


async def test_a_narrowed_key_that_may_read_nothing_is_told_what_it_needs(member: Person) -> None:
    program = await with_key(member, permissions=["tasks:write"])

    refused = await program.get("/search", params={"q": "grace"})

    assert refused.status_code == 403
    assert "tasks:read" in refused.json()["detail"]
