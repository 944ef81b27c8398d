"""Words and the order of names, which are the same on every server."""

from collections.abc import Iterator
from random import Random
from uuid import uuid4

import psycopg
import pytest
from alembic import command

from backend.core.config import Settings
from backend.core.migrations import alembic_config
from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.people import Person
from tests.fixtures.postgres import execute, url_of
from tests.integration.search.test_search import add, found

TITLES = [
    "Offer - final version",
    "Freezer at -18 degrees",
    "A/B test of https://example.com/a?b=c&d=%20#e",
    "~50 people (draft) @home",
    "C++ & C# vs. .NET, 100 %",
    "--verbose, -- and ->",
    "Now or never",
    "Or else",
    'The 12" pipe and the "old" one',
    "“Quoted”, ‘single’, «guillemets» – dash — and …",
    "It's Liam O’Brian’s l'été",
    "a|b & !c <-> d:* \\ e'f",
    "Straße, ŁÓDŹ, Ærøskøbing, ΑΘΗΝΑ, МОСКВА",
    "ｆｕｌｌ　ｗｉｄｔｈ ﬁne ½ № 7",
    "नमस्ते दुनिया",
    "日本語・テスト。終わり",
    "مرحبا، بالعالم؟",
    "soft\u00adhyphen no\u00a0break zero\u200bwidth",
    "1_000,50 €/m² 24/7 3.14e-5 v1.2.3-rc.1",
    "mailto:ada.lovelace+x@example.co.uk",
    "<b>bold</b> {x} [y] `z` ^caret $5",
    "emoji 😀 here",
]
NAMES = [
    ("20 Miles", "Ada", "ångström", "Anna", "Äpfel", "Bär", "bar & Sons", "École", "edith"),
    ("Łukasz", "luna", "Müller", "mumm", "O’Brian", "Øre", "Straße", "stratum", "Zoë", "zoom"),
    ("ζωή", "Йод", "Кит"),
]
LOCALES = ["C", "C.UTF-8"]
SIGNS = [*"-~/\\'\"“”’()[]{}<>&|!:*.,;?#@+=%^$_`…–—·", " - ", " or ", " -- ", "->", ": "]


@pytest.fixture(scope="module", params=LOCALES)
def other_database(server_url: str, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A migrated database whose locale comes from the system."""
    name = f"mvp_test_{uuid4().hex[:12]}"
    locale = f"LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE '{request.param}'"
    execute(server_url, f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING 'UTF8' {locale}", name)
    try:
        command.upgrade(alembic_config(url_of(server_url, name)), "head")
        with psycopg.connect(url_of(server_url, name), autocommit=True) as connection:
            yield connection
    finally:
        execute(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def words_and_keys(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return [
        connection.execute(
            "SELECT search_document(%(t)s, '')::text, search_query(%(t)s)::text, sort_key(%(t)s)",
            {"t": text},
        ).fetchall()[0]
        for text in [*TITLES, *(name for group in NAMES for name in group)]
    ]


def test_words_part_alike_whatever_the_locale_of_the_database(
    other_database: psycopg.Connection, worker_database_url: str
) -> None:
    with psycopg.connect(worker_database_url) as ours:
        assert words_and_keys(other_database) == words_and_keys(ours)


@pytest.mark.parametrize("title", TITLES)
async def test_a_pasted_title_finds_itself(
    member: Person, uow: UnitOfWorkFactory, title: str
) -> None:
    wanted = await add(uow, "/tasks", member, title)
    await add(uow, "/tasks", member, "Something else")

    assert wanted in await found(member, "/tasks", q=title)
    snippets = (await member.get("/search", params={"q": title})).json()["groups"]
    assert [hit["id"] for group in snippets for hit in group["hits"]] == [wanted]


def test_made_up_titles_find_themselves(worker_database_url: str) -> None:
    random = Random(7)  # noqa: S311  # the same titles at each run
    letters = ["a1", "Word", "é", "42", "x"]
    with psycopg.connect(worker_database_url) as connection:
        for _ in range(400):
            pieces = random.choices([*letters, *SIGNS, " "], k=random.randint(3, 14))
            # A dash directly before a letter rules a word out, as it is documented to.
            title = f"Title {''.join(pieces)}".replace(" -", " - ").replace("-a", "- a")
            title = title.replace("-W", "- W").replace("-x", "- x").replace("-é", "- é")
            matches = "SELECT search_document(%(t)s, '') @@ search_query(%(t)s)"
            assert connection.execute(matches, {"t": title}).fetchone() == (True,), title


@pytest.mark.parametrize(
    ("name", "q"),
    [
        ("Ada\u00a0Lovelace", "lovelace"),
        ("Liam O’Brian", "brian"),
        ("Liam O’Brian", "O'Brian"),
        ("Spring–Summer", "summer"),
        ("Ｎｏｖａ　Ｇｍｂｈ", "nova gmbh"),
        ("ΑΘΗΝΑ", "αθηνα"),
    ],
)
async def test_typographic_signs_part_words(
    member: Person, uow: UnitOfWorkFactory, name: str, q: str
) -> None:
    wanted = await add(uow, "/customers", member, name)

    assert await found(member, "/customers", q=q) == [wanted]


async def test_names_are_sorted_as_people_expect(member: Person, uow: UnitOfWorkFactory) -> None:
    names = [name for group in NAMES for name in group]
    async with uow(SYSTEM) as unit:
        for name in Random(3).sample(names, len(names)):  # noqa: S311  # not a secret
            await unit.customers.save(make_customer(name=name, owner_id=member.user.id))
        await unit.commit()

    sorted_names: list[str] = []
    query = {"sort": "name", "limit": "4"}
    while query:
        page = (await member.get("/customers", params=query)).json()
        sorted_names += [customer["name"] for customer in page["items"]]
        cursor = page["next_cursor"]
        query = query | {"cursor": cursor} if cursor else {}
    assert sorted_names == names


@pytest.mark.parametrize("q", ['"' + "ab " * 60 + '"', "ab " * 60, "ab -cd " * 25, "ab or " * 30])
async def test_a_word_that_comes_again_and_again_costs_no_more(
    member: Person, uow: UnitOfWorkFactory, settings: Settings, worker_database_url: str, q: str
) -> None:
    for number in range(6):
        await add(uow, "/customers", member, f"Number {number}", "ab " * 3_300)
    impatient = make_settings(
        worker_database_url,
        security=settings.security.model_dump(),
        database={"url": worker_database_url, "statement_timeout_seconds": 5},
    )

    async with running_app(impatient) as client:
        person = Person(member.user, member.session, member.token, client)
        answer = await person.get("/search", params={"q": q})

    assert answer.status_code == 200
    assert len(answer.json()["groups"][0]["hits"]) == 5
