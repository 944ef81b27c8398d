import re

import pytest

from backend.core.api_keys import KEY_PATTERN, is_intact, is_key, new_key, shown_part
from backend.core.permissions import OPEN_TO_KEYS, KeyRights, Permission
from backend.services.assistant.tools import AGENT_TOOLS


def test_keys_differ_and_can_be_searched_for() -> None:
    keys = {new_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(is_key(key) and is_intact(key) and re.fullmatch(KEY_PATTERN, key) for key in keys)


def test_the_checksum_is_the_same_in_every_version() -> None:
    assert is_intact("mvp_" + "0" * 43 + "2czCLJ")


def test_no_key_with_another_letter_is_intact() -> None:
    key = new_key()
    changed = {key[:place] + "é" + key[place + 1 :] for place in range(4, len(key))}
    changed |= {key[:place] + other + key[place + 1 :] for place in (4, 30, 52) for other in "aZ"}

    assert not any(is_intact(each) for each in changed - {key})


@pytest.mark.parametrize("length", [0, 4, 10, 52, 54, 500])
def test_no_key_of_another_length_is_intact(length: int) -> None:
    assert not is_intact((new_key() + "0" * 500)[:length])


def test_a_list_shows_too_little_of_a_key_to_use_it() -> None:
    key = new_key()

    assert key.startswith(shown_part(key))
    assert len(shown_part(key)) == 10


def test_names_that_are_no_permission_any_more_give_nothing() -> None:
    assert KeyRights.of(["tasks:read", "boats:read", "users:write"]) == KeyRights(
        frozenset({Permission.TASKS_READ}), is_narrowed=True
    )
    assert KeyRights.of([]).permissions == frozenset()


def test_a_key_that_is_not_narrowed_lacks_what_only_people_may() -> None:
    rights = KeyRights.of(None)

    assert not rights.is_narrowed
    assert rights.permissions == OPEN_TO_KEYS == set(Permission) - {Permission.USERS_WRITE}


def test_no_tool_of_the_assistant_needs_what_only_people_may() -> None:
    """Work in the background does not know whether a key has begun it."""
    assert {tool.permission for tool in AGENT_TOOLS.values()} <= OPEN_TO_KEYS
