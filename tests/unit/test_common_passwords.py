import pytest

from backend.core.common_passwords import is_common


@pytest.mark.parametrize("password", ["iloveyou", "1QAZ2wsx", "Trustno1", "\uff54rustno1"])
def test_what_many_people_choose_is_common_however_it_is_typed(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["iloveyou, Ada", "correct horse battery staple", ""])
def test_what_hardly_anybody_chooses_is_not(password: str) -> None:
    assert not is_common(password)
