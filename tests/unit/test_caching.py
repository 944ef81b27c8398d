import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.core.caching import CacheName, Caches, LocalCache

SIZE = 10
LIFETIME = timedelta(seconds=60)


class Source:
    """What is cached: it changes, and loading takes until it is let through."""

    def __init__(self) -> None:
        self.value: str | None = "old"
        self.loads = 0
        self.read = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def load(self) -> str | None:
        self.loads += 1
        value = self.value
        self.read.set()
        await self.open.wait()
        return value


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A cache that hears of changes, and what it caches."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.cache: LocalCache[str] = LocalCache(SIZE, lambda _: LIFETIME, self.clock)
        self.caches = Caches({CacheName.IDENTITY: self.cache})
        self.caches.regained()
        self.source = Source()
        self.owner = uuid4()

    async def get(self, owner: UUID | None = None, key: str = "key") -> str | None:
        return await self.cache.get(owner or self.owner, key, self.source.load)


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_what_was_loaded_is_remembered(scene: Scene) -> None:
    assert [await scene.get(), await scene.get()] == ["old", "old"]

    assert scene.source.loads == 1


async def test_each_key_has_a_value_of_its_own(scene: Scene) -> None:
    await scene.get(key="one")
    scene.source.value = "new"

    assert await scene.get(key="other") == "new"
    assert await scene.get(key="one") == "old"


async def test_that_there_is_nothing_is_not_remembered(scene: Scene) -> None:
    scene.source.value = None
    assert await scene.get() is None

    scene.source.value = "new"

    assert await scene.get() == "new"


async def test_what_is_forgotten_is_loaded_anew_for_all_keys_of_its_owner(scene: Scene) -> None:
    somebody_else = uuid4()
    for key in ("one", "other"):
        await scene.get(key=key)
    await scene.get(somebody_else)
    scene.source.value = "new"

    scene.cache.forget(scene.owner)

    assert [await scene.get(key="one"), await scene.get(key="other")] == ["new", "new"]
    assert await scene.get(somebody_else) == "old"


FORGETTING = {
    "forget": lambda scene: scene.cache.forget(scene.owner),
    "forget_all": lambda scene: scene.cache.forget_all(),
    "lost": lambda scene: scene.caches.lost(),
    "regained": lambda scene: (scene.caches.lost(), scene.caches.regained()),
}


@pytest.mark.parametrize("happens", FORGETTING)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_what_was_read_before_a_change_and_arrives_after_it_is_answered_but_not_kept(
    scene: Scene, happens: str, known: bool
) -> None:
    if known:
        scene.cache.forget(scene.owner)
    scene.source.open.clear()
    loading = asyncio.create_task(scene.get())
    await scene.source.read.wait()

    scene.source.value = "new"
    FORGETTING[happens](scene)  # type: ignore[no-untyped-call]  # a lambda
    scene.source.open.set()

    assert await loading == "old"
    assert await scene.get() == "new"


async def test_nothing_is_remembered_while_changes_are_not_heard_of(scene: Scene) -> None:
    await scene.get()

    scene.caches.lost()
    scene.source.value = "new"

    assert [await scene.get(), await scene.get()] == ["new", "new"]
    assert scene.source.loads == 3


async def test_a_new_cache_does_not_remember_before_it_hears_of_changes() -> None:
    source = Source()
    cache: LocalCache[str] = LocalCache(SIZE, lambda _: LIFETIME)

    for _ in range(2):
        await cache.get(uuid4(), "key", source.load)

    assert source.loads == 2


async def test_what_was_kept_before_an_outage_is_gone_after_it(scene: Scene) -> None:
    await scene.get()
    scene.source.value = "new"

    scene.caches.lost()
    scene.caches.regained()

    assert await scene.get() == "new"


async def test_values_live_no_longer_than_they_may(scene: Scene) -> None:
    await scene.get()
    scene.source.value = "new"

    scene.clock.now = LIFETIME.total_seconds() - 1
    assert await scene.get() == "old"
    scene.clock.now += 1
    assert await scene.get() == "new"


async def test_what_is_over_already_is_not_kept() -> None:
    source = Source()
    cache: LocalCache[str] = LocalCache(SIZE, lambda _: -LIFETIME)
    cache.hears(of_changes=True)
    owner = uuid4()

    for _ in range(2):
        assert await cache.get(owner, "key", source.load) == "old"

    assert source.loads == 2


async def test_the_least_used_drops_out_of_a_full_cache(scene: Scene) -> None:
    await scene.get()
    for _ in range(SIZE - 1):
        await scene.get(uuid4())
    assert scene.source.loads == SIZE

    await scene.get()
    await scene.get(uuid4())

    assert scene.source.loads == SIZE + 1
    await scene.get()
    assert scene.source.loads == SIZE + 1


async def test_forgetting_many_owners_brings_back_nothing_and_needs_no_more_room(
    scene: Scene,
) -> None:
    await scene.get()
    scene.cache.forget(scene.owner)
    scene.source.value = "new"

    for _ in range(3 * SIZE):
        scene.cache.forget(uuid4())

    assert await scene.get() == "new"
    assert len(scene.cache._versions) <= SIZE


async def test_a_notice_names_whom_to_forget(scene: Scene) -> None:
    somebody_else = uuid4()
    await scene.get()
    await scene.get(somebody_else)
    scene.source.value = "new"

    scene.caches.hear(f"identity:{scene.owner}")

    assert await scene.get() == "new"
    assert await scene.get(somebody_else) == "old"


@pytest.mark.parametrize("payload", ["identity", "identity:", "identity:*", "identity:a:b"])
async def test_a_notice_without_an_owner_means_all(scene: Scene, payload: str) -> None:
    await scene.get()
    scene.source.value = "new"

    scene.caches.hear(payload)

    assert await scene.get() == "new"


@pytest.mark.parametrize("payload", ["", ":", "another cache", "another:*"])
async def test_a_notice_for_another_cache_changes_nothing(scene: Scene, payload: str) -> None:
    await scene.get()
    scene.source.value = "new"

    scene.caches.hear(payload)

    assert await scene.get() == "old"


def test_a_process_without_caches_has_nothing_to_forget() -> None:
    Caches({}).forget(CacheName.IDENTITY, uuid4())
