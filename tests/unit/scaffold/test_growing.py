"""What can't be added to a resource that is there is refused by its name, with the remedy."""

import pytest

from scaffold.errors import RefusedError
from scaffold.new.action import plan_action
from scaffold.new.existing import Existing
from scaffold.new.field import plan_field
from scaffold.new.fields import parse_field
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Resource
from scaffold.tree import Tree
from tests.fixtures.processes import ROOT

TASKS = Existing.find(ROOT, "tasks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mystery:ref?", "mystery: there is no resource 'mysterys' to refer to"),
        ("notice:ref(notifications)?", "notice: notifications are private to their owners"),
        ("task:text", "A field can't be called as its resource"),
        ("title:line?", "title: tasks have this already"),
        ("complete:bool", "complete: tasks have this already"),
    ],
)
def test_a_field_that_can_not_be_added_says_why(text: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        plan_field(Tree(ROOT), TASKS, parse_field(text, "Task"))

    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title", "title: tasks have this already"),
        ("complete", "complete: tasks have this already"),
        ("finish:completed", "completed_at: tasks have this already"),
        ("touch:updated", "every row has updated_at already"),
    ],
)
def test_an_action_that_can_not_be_added_says_why(text: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        plan_action(Tree(ROOT), TASKS, text)

    assert said in refused.value.detail


def test_the_test_of_a_filter_asks_for_what_new_rows_are_not() -> None:
    field = parse_field("kind:enum(big,small)=small", "Task")
    resource = Resource(names=TASKS.names, area="tasks", fields=(field,))

    test = Rendering(resource, {}).render("resource/test_of_field.py.jinja", field=field)

    assert 'kind="big") == []' in test
