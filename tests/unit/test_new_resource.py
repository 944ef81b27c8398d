"""What `mvp new` writes stays what this project would write by hand."""

from scaffold.new.comparison import AGREED, difference, missing_registrations
from tests.fixtures.processes import ROOT

MAX_AGREED = 60


def test_products_would_be_written_as_they_are_but_for_what_is_agreed() -> None:
    assert difference(ROOT) == AGREED.read_text(encoding="utf-8")


def test_little_is_agreed_to_differ() -> None:
    assert len(AGREED.read_text(encoding="utf-8").splitlines()) < MAX_AGREED


def test_products_are_registered_where_a_new_resource_would_be() -> None:
    # Their example has more to say than one can be told on a command line.
    assert missing_registrations(ROOT) == ["tests/world.py"]
