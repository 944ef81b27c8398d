from typing import Any

import pytest

from tests.fixtures.people import Person
from tests.ids import short_id

SCORE = {
    "name": "score",
    "description": "One number.",
    "json_schema": {
        "type": "object",
        "properties": {"score": {"$ref": "#/$defs/percent"}, "note": {"type": "string"}},
        "required": ["score"],
        "$defs": {"percent": {"type": "integer", "minimum": 0, "maximum": 100}},
    },
}


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/schemas", json=SCORE | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_schema_is_created_read_changed_and_deleted(admin: Person) -> None:
    created = await create(admin)
    assert created.items() >= SCORE.items()
    path = f"/schemas/{created['id']}"
    assert (await admin.get(path)).json() == created

    other = {"type": "object", "properties": {}}
    changed = (await admin.patch(path, json={"json_schema": other})).json()
    assert (changed["json_schema"], changed["name"]) == (other, "score")
    assert (await admin.get(path)).json() == changed

    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404


async def test_a_taken_name_is_refused(admin: Person) -> None:
    await create(admin)

    refused = await admin.post("/schemas", json=SCORE)

    assert refused.status_code == 409
    assert "schema with this name" in refused.json()["detail"]


def properties(**named: Any) -> dict[str, Any]:
    return {"type": "object", "properties": named}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def referring(reference: str, **definitions: Any) -> dict[str, Any]:
    return {**properties(a={"$ref": reference}), "$defs": definitions}


def chain(length: int, *, backwards: bool = False) -> dict[str, Any]:
    """Definitions that refer each to the next."""
    links: dict[str, Any] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(length)}
    links[f"d{length}"] = {"type": "string"}
    if backwards:
        return {"$defs": dict(reversed(links.items())), **properties(a={"$ref": "#/$defs/d0"})}
    return referring("#/$defs/d0", **links)


def multiplying(levels: int) -> dict[str, Any]:
    """Small, and of 10 ** levels parts once it is written out."""
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(levels)}
    return referring("#/$defs/d0", **definitions, **{f"d{levels}": {"type": "string"}})


GOOD = {
    "empty": {"type": "object"},
    "draft 7": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"},
    "id of its own": {"$id": "https://example.com/score", "type": "object"},
    "properties called as keywords": properties(**{"$ref": {}, "$id": {"type": "string"}}),
    "some depth": properties(a=nested(25)),
    "a definition used twice": {
        **properties(a={"$ref": "#/$defs/x"}, b={"$ref": "#/$defs/x"}),
        "$defs": {"x": {"type": "string"}},
    },
}


@pytest.mark.parametrize("schema", GOOD.values(), ids=GOOD)
async def test_a_good_schema_is_kept_as_it_is(admin: Person, schema: dict[str, Any]) -> None:
    created = await create(admin, json_schema=schema)

    assert (await admin.get(f"/schemas/{created['id']}")).json()["json_schema"] == schema


BAD: dict[str, tuple[Any, str]] = {
    "no object": ({"type": "array"}, "$.type: "),
    "no type": ({}, "$.type: "),
    "types": ({"type": ["object"]}, "$.type: "),
    "a wrong type": (properties(a={"type": "text"}), "$.properties.a.type: "),
    "a wrong keyword": (properties(a={"minLength": -1}), "$.properties.a.minLength: "),
    "a broken pattern": (properties(a={"pattern": "("}), "$.properties.a.pattern: "),
    "definitions that are none": ({"type": "object", "$defs": []}, "$.$defs: "),
    "an unknown dialect": ({"type": "object", "$schema": "https://x.example"}, "$.$schema: "),
    "a dialect that is no text": ({"type": "object", "$schema": ["x"]}, "$.$schema: "),
    "a remote reference": (referring("https://x.example/a.json"), "$.properties.a.$ref: "),
    "a reference to a file": (referring("file:///etc/passwd"), "$.properties.a.$ref: "),
    "a reference to all": (referring("#"), "$.properties.a.$ref: "),
    "a reference elsewhere": (referring("#/properties/a"), "$.properties.a.$ref: "),
    "a reference to nothing": (referring("#/$defs/b", a={}), "there is no b in $defs"),
    "recursion": (referring("#/$defs/a", a={"items": {"$ref": "#/$defs/a"}}), "a contains itself"),
    "recursion by another": (
        referring("#/$defs/a", a={"$ref": "#/$defs/b"}, b={"$ref": "#/$defs/a"}),
        "a contains itself",
    ),
    "recursion that nothing uses": (
        {"type": "object", "$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}},
        "a contains itself",
    ),
    "a dynamic reference": (properties(a={"$dynamicRef": "#x"}), "$.properties.a.$dynamicRef: "),
    "an inner id": (properties(a={"$id": "https://x.example"}), "$.properties.a.$id: "),
    "too deep": (properties(a=nested(40)), "deeper than 32 levels"),
    "much too deep": (properties(a=nested(45)), "deeper than 32 levels"),
    "too deep by references": (chain(300), "deeper than 32 levels"),
    "too deep by references backwards": (chain(300, backwards=True), "deeper than 32 levels"),
    "too many parts by references": (multiplying(4), "more than 10000 parts"),
    "too large": ({"type": "object", "title": "x" * 65_536}, "more than 64 KiB"),
    "NUL": ({"type": "object", "title": "a\x00b"}, "$.title: it contains NUL"),
    "NUL in a name": (properties(**{"a\x00b": {}}), "$.properties: it contains NUL"),
}


@pytest.mark.parametrize(("schema", "said"), BAD.values(), ids=BAD)
async def test_a_bad_schema_is_refused_with_the_place(
    admin: Person, schema: dict[str, Any], said: str
) -> None:
    created = await create(admin)
    path = f"/schemas/{created['id']}"

    for answer in (
        await admin.post("/schemas", json=SCORE | {"name": "other", "json_schema": schema}),
        await admin.patch(path, json={"json_schema": schema}),
    ):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["loc"] == ["body", "json_schema"]
        assert said in error["msg"]
    assert (await admin.get(path)).json() == created


@pytest.mark.parametrize("number", [b"NaN", b"1e999", b"-Infinity"])
async def test_a_number_that_json_does_not_have_is_refused(admin: Person, number: bytes) -> None:
    body = b'{"name": "a", "json_schema": {"type": "object", "default": %b}}' % number

    refused = await admin.post(
        "/schemas", content=body, headers={"Content-Type": "application/json"}
    )

    assert refused.status_code == 422
    assert "$.default: it is not a finite number" in refused.json()["errors"][0]["msg"]


@pytest.mark.parametrize(
    "bad",
    [{"name": "Score"}, {"name": None}, {"json_schema": None}, {"json_schema": True}, {"x": 1}],
    ids=short_id,
)
async def test_a_bad_field_is_named(admin: Person, bad: dict[str, Any]) -> None:
    refused = await admin.post("/schemas", json=SCORE | bad)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", *bad]
