"""What operations have in common stands in the document once."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from backend.api import problems
from backend.api.openapi_components import Components, share_repeated
from backend.api.openapi_problems import refer_to_problems
from backend.api.problems import MEDIA_TYPE, OF_ANY_REQUEST, PROBLEMS, ProblemType, declare
from tests.fixtures.walking import walk
from tests.integration.api.document import DOCUMENT, OPERATIONS, found

RESPONSES = DOCUMENT["components"]["responses"]
MAX_BYTES_OF_AN_OPERATION = 2_142


def references(node: Any) -> Iterator[str]:
    children = list(node.values()) if isinstance(node, dict) else node
    for child in children if isinstance(children, list) else ():
        yield from references(child)
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]


def inline(section: str) -> Iterator[dict[str, Any]]:
    """The answers, headers or parameters that operations describe themselves."""
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            holders = operation["responses"].values() if section == "headers" else [operation]
            for holder in holders:
                parts = holder.get(section, [])
                yield from parts.values() if isinstance(parts, dict) else parts


def test_the_document_is_small() -> None:
    sent = json.dumps(DOCUMENT, ensure_ascii=False, separators=(",", ":")).encode()

    assert len(sent) < MAX_BYTES_OF_AN_OPERATION * len(OPERATIONS)


def test_every_reference_leads_to_something() -> None:
    for reference in set(references(DOCUMENT)):
        assert isinstance(found(reference), dict), reference


@pytest.mark.parametrize("section", ["responses", "parameters", "headers"])
def test_everything_shared_is_referred_to(section: str) -> None:
    used = set(references(DOCUMENT))

    for name in DOCUMENT["components"][section]:
        assert f"#/components/{section}/{name}" in used


@pytest.mark.parametrize("section", ["responses", "parameters", "headers"])
def test_nothing_stands_twice(section: str) -> None:
    counts = Counter(json.dumps(each) for each in inline(section) if "$ref" not in each)

    assert [part for part, count in counts.items() if count > 1] == []


@walk("name", {name: name for name in OPERATIONS})
def test_every_problem_of_an_operation_is_a_reference(name: str) -> None:
    method, path = name.split()
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]

    for code, response in responses.items():
        # A redirect is no problem.
        if code >= "300" and code != "303":
            (reference,) = response.values()
            assert reference.startswith(f"#/components/responses/{code}")


@pytest.mark.parametrize("name", [name for name in RESPONSES if name >= "400"])
def test_a_shared_problem_has_an_example_of_each_kind_that_it_stands_for(name: str) -> None:
    media = RESPONSES[name]["content"][MEDIA_TYPE]

    examples = [each["value"] for each in media.get("examples", {}).values()]
    examples = examples or [media["example"]]
    kinds = [PROBLEMS[example["type"].removeprefix("/problems/")] for example in examples]
    assert len(kinds) == (len(OF_ANY_REQUEST) if name == "default" else name.count("-or-") + 1)
    for kind, example in zip(kinds, examples, strict=True):
        assert (example["title"], example["status"]) == (kind.title, kind.status)
        assert f"{kind.title}. {kind.meaning}" in RESPONSES[name]["description"]


@pytest.mark.parametrize(
    ("operation", "code", "kinds"),
    [
        ("POST /api/v1/files", "409", {"still-running", "quota-reached"}),
        ("POST /api/v1/tasks", "422", {"invalid-input", "idempotency-key-reused"}),
        ("POST /api/v1/agent/act", "429", {"rate-limited", "limit-reached"}),
        ("POST /api/v1/agent/act", "503", {"unavailable", "model-unavailable"}),
    ],
)
def test_a_status_names_all_problems_that_have_it(
    operation: str, code: str, kinds: set[str]
) -> None:
    assert set(OPERATIONS[operation]["responses"][code]["content"][MEDIA_TYPE]["examples"]) == kinds


def names(*kinds: ProblemType) -> dict[str, str]:
    """What the responses of an operation with these problems are called, by status."""
    responses: dict[str, Any] = {}
    refer_to_problems(responses, kinds, Components({"components": {}}))
    return {code: each["$ref"].rpartition("/")[2] for code, each in responses.items()}


def test_problems_declared_in_any_order_have_one_name() -> None:
    one = names(problems.CONFLICT, problems.QUOTA_REACHED)
    other = names(problems.QUOTA_REACHED, problems.CONFLICT)

    assert one == other == {"409": "409-or-quota-reached", "default": "default"}


def test_a_problem_has_the_name_of_its_status_if_it_is_the_first() -> None:
    assert names(problems.CONFLICT)["409"] == "409"
    assert names(problems.QUOTA_REACHED)["409"] == "409-quota-reached"


def test_a_status_with_a_problem_of_its_own_has_that_of_any_request_as_well() -> None:
    assert names(problems.LIMIT_REACHED)["429"] == "429-or-limit-reached"
    assert "429" not in names(problems.NOT_FOUND)


def test_what_any_request_may_meet_is_named_with_its_status() -> None:
    description = RESPONSES["default"]["description"]

    for kind in OF_ANY_REQUEST:
        assert f"{kind.status}: {kind.title}." in description


def test_an_answer_that_is_often_given_is_called_by_its_status_and_its_model() -> None:
    answer: dict[str, Any] = {
        "description": "Done.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Cat"}}},
    }
    empty = {"description": "Gone."}
    operations: list[dict[str, Any]] = [
        {"responses": {"200": answer, "204": empty, "203": {}}},
        {"responses": {"200": dict(answer), "204": dict(empty)}},
    ]
    document: dict[str, Any] = {"components": {}, "paths": {"/": dict(enumerate(operations))}}

    share_repeated(document, Components(document))

    assert document["components"]["responses"] == {"200-Cat": answer, "204": empty}
    assert operations[0]["responses"] == {
        "200": {"$ref": "#/components/responses/200-Cat"},
        "204": {"$ref": "#/components/responses/204"},
        "203": {},
    }


def test_a_field_that_many_models_explain_alike_is_explained_once() -> None:
    field = {"type": "integer", "description": "Counts the lives."}
    plain = {"type": "integer"}
    cats = {f"Cat{n}": {"properties": {"lives_left": dict(field), "age": plain}} for n in range(10)}
    dog = {"properties": {"lives_left": plain}}
    document: dict[str, Any] = {"paths": {}, "components": {"schemas": {**cats, "Dog": dog}}}

    share_repeated(document, Components(document))

    schemas = document["components"]["schemas"]
    assert schemas["LivesLeftField"] == field
    reference = {"$ref": "#/components/schemas/LivesLeftField"}
    assert schemas["Cat3"]["properties"] == {"lives_left": reference, "age": plain}
    assert schemas["Dog"] == {"properties": {"lives_left": plain}}


def test_a_route_may_declare_two_problems_of_one_status() -> None:
    declared = declare(problems.CONFLICT, problems.BULK_REFUSED)

    assert declared[409]["x-problems"] == ["conflict", "bulk-refused"]


def test_two_parameters_of_one_name_are_both_kept() -> None:
    short, long = (
        {"name": "word", "in": "query", "schema": {"type": "string", "maxLength": most}}
        for most in (5, 50)
    )
    operations = [{"parameters": [each], "responses": {}} for each in (short, long, short, long)]
    document: dict[str, Any] = {"components": {}, "paths": {"/": dict(enumerate(operations))}}

    share_repeated(document, Components(document))

    assert document["components"] == {"parameters": {"word": short, "word-2": long}}
    assert operations[3]["parameters"] == [{"$ref": "#/components/parameters/word-2"}]
