"""What the assistant can't have as tools is refused by the name of the option, with the remedy."""

import pytest

from scaffold.errors import RefusedError
from scaffold.new.resource import Flags
from tests.unit.test_new_resource_refusals import check


def test_rows_without_words_can_not_be_found_by_a_tool() -> None:
    with pytest.raises(RefusedError) as refused:
        check("label:line", flags=Flags(tool=True))

    assert "--tool: the assistant finds rows by words" in refused.value.detail


def test_rows_with_words_can() -> None:
    check("label:line", search=["label"], flags=Flags(tool=True))
