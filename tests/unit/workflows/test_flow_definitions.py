"""What a flow may be, and what is said of one that can't run."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.models.workflows.crews import CREW_EXAMPLE
from backend.models.workflows.flows import FLOW_EXAMPLE, Flow


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "kind": "tool", "tool": "find_tasks", "arguments": arguments}


def condition(name: str, **fields: Any) -> dict[str, Any]:
    given = {"name": name, "kind": "condition", "left": "{{ input.x }}", "operator": "exists"}
    return given | fields


def edge(source: str, target: str, when: bool | None = None) -> dict[str, Any]:
    return {"from": source, "to": target, "when": when}


def flow(nodes: list[dict[str, Any]], *edges: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": nodes, "edges": list(edges)}


def faults(definition: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(ValidationError) as refused:
        Flow.model_validate(definition)
    return {".".join(map(str, each["loc"])): each["msg"] for each in refused.value.errors()}


def test_the_example_is_read_back_as_it_was_stored() -> None:
    found = Flow.model_validate(FLOW_EXAMPLE)

    stored = found.model_dump(mode="json")
    assert stored["edges"][0] == {"from": "find", "to": "any_left", "when": None}
    assert Flow.model_validate(stored) == found


def test_there_may_be_several_beginnings() -> None:
    found = Flow.model_validate(
        flow([tool("a"), tool("b"), tool("c")], edge("a", "c"), edge("b", "c"))
    )

    assert found.needs == {"a": [], "b": [], "c": ["a", "b"]}


def test_an_edge_joins_two_steps_that_there_are() -> None:
    assert faults(flow([tool("a")], edge("a", "b"), edge("c", "a"), edge("a", "a"))) == {
        "edges.0.to": "There is no step called b.",
        "edges.1.from": "There is no step called c.",
        "edges.2.to": "A step can't come after itself.",
    }


def test_an_edge_stands_there_once() -> None:
    twice = flow([tool("a"), tool("b")], edge("a", "b"), edge("a", "b"))

    assert faults(twice) == {"edges.1": "This edge occurs twice: remove one."}


def test_an_edge_from_a_condition_says_when() -> None:
    assert faults(flow([condition("a"), tool("b")], edge("a", "b"))) == {
        "edges.0.when": "An edge from a condition needs true or false."
    }


def test_no_other_edge_says_when() -> None:
    assert faults(flow([tool("a"), tool("b")], edge("a", "b", when=True))) == {
        "edges.0.when": "Only edges from conditions may have this."
    }


def test_steps_that_wait_for_each_other_are_named() -> None:
    found = faults(flow([tool("a"), tool("b")], edge("a", "b"), edge("b", "a")))

    assert found["edges"] in {
        f"These steps wait for each other: {circle}. Remove one edge."
        for circle in ("a -> b -> a", "b -> a -> b")
    }


def test_a_name_is_that_of_one_step() -> None:
    found = faults(flow([tool("a"), tool("a")]))

    assert found == {"nodes.1.name": "There is another one called a: rename one."}


def test_a_template_names_what_comes_before() -> None:
    nodes = [tool("a"), tool("b", q="{{ steps.a.text }}"), tool("c", q="{{ steps.a.text }}")]

    Flow.model_validate(flow(nodes, edge("a", "b"), edge("b", "c")))


@pytest.mark.parametrize("named", ["b", "c", "d"])
def test_a_template_names_nothing_that_comes_at_the_same_time_or_later(named: str) -> None:
    nodes = [tool("a"), tool("b", q=[{"x": f"{{{{ steps.{named}.text }}}}"}]), tool("c")]

    found = faults(flow(nodes, edge("a", "b"), edge("b", "c")))

    assert found["nodes.1.arguments"].startswith(f"{named} is not a step before this one")


def test_a_template_that_is_none_is_explained() -> None:
    found = faults(flow([tool("a", q="{{ b.text }}")]))

    assert "as in {{ input.customer }}" in found["nodes.0.arguments"]


def test_a_step_of_no_kind_is_told_which_there_are() -> None:
    found = faults(flow([{"name": "a", "kind": "loop"}]))

    assert found == {"nodes.0.kind": "Input should be 'crew', 'agent', 'tool' or 'condition'"}


def test_a_condition_has_both_sides() -> None:
    without = faults(flow([condition("a", operator="eq")]))
    too_much = faults(flow([condition("a", operator="exists", right=1)]))

    assert "eq needs right" in without["nodes.0"]
    assert "remove right" in too_much["nodes.0"]


@pytest.mark.parametrize("right", [float("nan"), float("inf"), "1" * 10_001, [1]])
def test_a_condition_compares_with_a_text_a_number_or_a_flag(right: Any) -> None:
    found = faults(flow([condition("a", operator="eq", right=right)]))

    assert set(found) == {"nodes.0.right"}
    assert "must be a text of 1 to 10,000 characters, a number" in found["nodes.0.right"]


@pytest.mark.parametrize("right", ["3", 4, True])
def test_what_a_condition_compares_with_stays_what_it_is(right: Any) -> None:
    found = Flow.model_validate(flow([condition("a", operator="eq", right=right)]))

    kept = found.model_dump(mode="json")["nodes"][0]["right"]
    assert (kept, isinstance(kept, bool)) == (right, isinstance(right, bool))


@pytest.mark.parametrize(
    "fields",
    [{}, {"crew": CREW_EXAMPLE, "workflow_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"}],
)
def test_a_crew_is_written_there_or_stored(fields: dict[str, Any]) -> None:
    found = faults(flow([{"name": "a", "kind": "crew"} | fields]))

    assert "send either crew or workflow_id" in found["nodes.0"]


def test_what_is_wrong_within_a_crew_has_its_place() -> None:
    crew = CREW_EXAMPLE | {"agents": [{"name": "x", "role": "y"}]}

    found = faults(flow([{"name": "a", "kind": "crew", "crew": crew}]))

    assert set(found) == {"nodes.0.crew.tasks.0.agent", "nodes.0.crew.tasks.1.agent"}
