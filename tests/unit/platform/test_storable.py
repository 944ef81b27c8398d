import json

import pytest

from backend.core.storable import check_storable, storable_json, unstorable_in


def test_a_text_that_the_database_takes_stays_as_it_is() -> None:
    assert check_storable("größer 😀\n") == "größer 😀\n"
    assert unstorable_in("größer 😀\n") is None


@pytest.mark.parametrize("stranger", ["\x00", "\ud83d"])
def test_nul_and_halves_of_pairs_are_found_and_refused(stranger: str) -> None:
    assert unstorable_in(f"a{stranger}b\x00") == stranger
    with pytest.raises(ValueError, match=r"surrogates not allowed|NUL"):
        check_storable(f"a{stranger}b")


def test_numbers_that_json_does_not_have_become_null() -> None:
    said = json.loads('{"a": [NaN, {"b": -Infinity}, 1e999, 1.5, 2], "c": true, "d": "NaN"}')

    storable = storable_json(said)

    assert storable == {"a": [None, {"b": None}, None, 1.5, 2], "c": True, "d": "NaN"}
