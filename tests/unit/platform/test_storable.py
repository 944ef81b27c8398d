import pytest

from backend.core.storable import check_storable, unstorable_in


def test_a_text_that_the_database_takes_stays_as_it_is() -> None:
    assert check_storable("größer 😀\n") == "größer 😀\n"
    assert unstorable_in("größer 😀\n") is None


@pytest.mark.parametrize("stranger", ["\x00", "\ud83d"])
def test_nul_and_halves_of_pairs_are_found_and_refused(stranger: str) -> None:
    assert unstorable_in(f"a{stranger}b\x00") == stranger
    with pytest.raises(ValueError, match=r"surrogates not allowed|NUL"):
        check_storable(f"a{stranger}b")
