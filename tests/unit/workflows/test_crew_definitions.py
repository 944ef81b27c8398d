"""What a crew may be, and what is said of one that can't work."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.models.workflows.crews import CREW_EXAMPLE, MAX_AGENTS, MAX_TASKS, Crew

AGENT = {"name": "ada", "role": "Researcher"}


def crew(*tasks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"agents": [AGENT], "tasks": list(tasks), **fields}


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "description": "Work.", "agent": "ada"} | fields


def faults(definition: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(ValidationError) as refused:
        Crew.model_validate(definition)
    return {".".join(map(str, each["loc"])): each["msg"] for each in refused.value.errors()}


def test_in_sequence_each_task_needs_the_one_before_it() -> None:
    found = Crew.model_validate(crew(task("a"), task("b"), task("c", depends_on=["a"])))

    assert found.needs == {"a": [], "b": ["a"], "c": ["a", "b"]}


def test_by_dependency_a_task_needs_what_it_names() -> None:
    tasks = (task("a", depends_on=["c"]), task("b"), task("c"))
    found = Crew.model_validate(crew(*tasks, order="by_dependency"))

    assert found.needs == {"a": ["c"], "b": [], "c": []}


def test_the_example_is_read_back_as_it_was_stored() -> None:
    found = Crew.model_validate(CREW_EXAMPLE)

    assert Crew.model_validate(found.model_dump(mode="json")) == found


def test_names_are_those_of_one_agent_and_of_one_task() -> None:
    doubled = crew(task("a"), task("b"), task("a"))
    doubled["agents"] = [AGENT, AGENT]

    assert faults(doubled) == {
        "agents.1.name": "There is another one called ada: rename one.",
        "tasks.2.name": "There is another one called a: rename one.",
    }


def test_an_unknown_agent_is_named_with_those_that_there_are() -> None:
    assert faults(crew(task("a", agent="bob"))) == {
        "tasks.0.agent": "There is no such agent. The agents are: ada."
    }


def test_a_task_depends_on_other_tasks_that_there_are() -> None:
    assert faults(crew(task("a", depends_on=["a", "b"]))) == {
        "tasks.0.depends_on.0": "A task can't depend on itself: remove it.",
        "tasks.0.depends_on.1": "There is no task called b.",
    }


def test_tasks_that_wait_for_each_other_are_named() -> None:
    circle = (task("a", depends_on=["b"]), task("b", depends_on=["a"]))

    assert "These wait for each other: a -> b -> a." in (
        faults(crew(*circle, order="by_dependency"))["tasks"]
    ).replace("b -> a -> b", "a -> b -> a")


def test_in_sequence_nothing_depends_on_what_comes_later() -> None:
    found = faults(crew(task("a", depends_on=["b"]), task("b")))

    assert "put it after that one, or choose the order by_dependency" in found["tasks"]


def test_a_task_may_name_values_of_the_input() -> None:
    Crew.model_validate(crew(task("a", description="Find {{ input.person }}.")))


def test_a_task_names_no_steps_as_a_flow_does() -> None:
    found = faults(crew(task("a", description="{{ steps.b.text }}")))

    assert found["tasks.0.description"].startswith("A task can't use steps.b.text: name the task")


def test_a_template_that_is_none_is_explained() -> None:
    found = faults(crew(task("a", description="{{ person }}")))

    assert "as in {{ input.customer }}" in found["tasks.0.description"]


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a b", "definition", "a" * 65])
def test_a_name_is_one_that_templates_and_steps_can_have(name: str) -> None:
    assert "tasks.0.name" in faults(crew(task(name)))


def test_a_crew_has_bounds() -> None:
    agents = [{"name": f"a{number}", "role": "x"} for number in range(MAX_AGENTS + 1)]
    tasks = [task(f"t{number}") for number in range(MAX_TASKS + 1)]

    assert set(faults({"agents": agents, "tasks": tasks})) == {"agents", "tasks"}
    assert set(faults({"agents": [], "tasks": []})) == {"agents", "tasks"}


def test_a_misspelt_field_is_an_error() -> None:
    assert set(faults(crew(task("a", agnet="ada")))) == {"tasks.0.agnet"}
