import pytest

from backend.core.devices import device_name

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
NAMELESS = "a program that does not identify itself"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (LINUX, "Firefox on Linux"),
        ("curl/8.1", "curl"),
        ("our-app/7 (Berlin)", "our-app"),
        ("our app\n 7", "our"),
        ("x" * 400, NAMELESS),
        ("https://evil.example/login", NAMELESS),
        ("evil.example/1.0", NAMELESS),
        ("my.evil.example/3 CFNetwork/1 Darwin/1", "iOS"),
        ("See www.evil.example now!", "See"),
        ("\x00", NAMELESS),
        ("", NAMELESS),
        (None, NAMELESS),
    ],
)
def test_a_device_has_a_name_that_people_know(user_agent: str | None, name: str) -> None:
    assert device_name(user_agent) == name
