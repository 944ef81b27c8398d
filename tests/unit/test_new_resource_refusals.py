"""What `mvp new` can't do is refused by the name of the field or option, with the remedy."""

from typing import Any

import pytest

from scaffold import editing
from scaffold.errors import RefusedError
from scaffold.names import Names, participle_of, singular_of, with_article
from scaffold.new.checks import check_possible
from scaffold.new.fields import Field, parse_field
from scaffold.new.resource import Flags, Resource, parse_action, parse_exclusive
from scaffold.project import known_resources
from tests.fixtures.processes import ROOT

KNOWN = known_resources(ROOT)


def fields(*texts: str) -> tuple[Field, ...]:
    return tuple(parse_field(text, "Parcel") for text in texts)


def check(*texts: str, area: str = "tasks", name: str = "zeppelins", **more: Any) -> None:
    parsed = fields(*texts)
    by_name = {field.name: field for field in parsed}
    more["search"] = tuple(by_name[each] for each in more.pop("search", ()))
    resource = Resource(names=Names.of(name, None), area=area, fields=parsed, **more)
    check_possible(ROOT, resource, KNOWN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label", "is not name:kind"),
        ("label:string", "label: there is no kind 'string': use bool, date"),
        ("Label:line", "'Label': use lower-case letters"),
        ("class:line", "keyword of Python"),
        ("order:line", "reserved word of SQL"),
        ("id:line", "id: every row has id already"),
        ("version:int", "every row has version already"),
        ("created_at:datetime", "every row has created_at already"),
        ("total:int", "every list has the parameter total"),
        ("created_on:date", "every list has the parameter created_after"),
        ("created:datetime", "every list has the parameter created_after"),
        ("l" * 41 + ":line", "has more than 40 characters: shorten it"),
        (f"state:enum(open,{'d' * 33})", "has more than 32 characters: shorten it"),
        ("facts:line", "models have an attribute facts"),
        ("metadata:line", "models have an attribute metadata"),
        ("model_name:line", "models have an attribute model_name"),
        ("is_open:bool?", "is_open: a bool is true or false"),
        ("pieces:int!", "only line, sku, email and url can be unique"),
        ("label:line(3)", "line takes nothing in parentheses"),
        ("state:enum", "name the choices"),
        ("state:enum(open)", "name two choices or more"),
        ("state:enum(open,open)", "a choice is named twice"),
        ("state:enum(open,Done)", "'Done': use lower-case letters"),
        ("state:enum(open,done)=gone", "the default must be one of open, done"),
        ("is_open:bool=maybe", "the default of a bool is true or false"),
        ("label:line=x", "only bool and enum take a default"),
    ],
)
def test_a_field_that_can_not_be_is_named(text: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_field(text, "Parcel")

    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("texts", "more", "said"),
    [
        ([f"{'l' * 40}:line!"], {"name": f"{'z' * 31}s"}, "the name of its index, ix_z"),
        ([], {}, "Name at least one field"),
        (["label:line"], {"area": "kitchen"}, "--area: there is no area 'kitchen'"),
        (["label:line"], {"name": "products"}, "There are products already"),
        (["label:line"], {"name": "records"}, "record has a meaning already"),
        (["buyer:ref"], {}, "All fields are references"),
        (["label:line", "buyer:ref"], {}, "buyer: there is no resource 'buyers' to refer to"),
        (["label:line", "module:ref"], {}, "modules are private"),
        (["label:line", "zeppelin:ref"], {}, "can't refer to itself"),
        (["price:money", "price_amount:decimal"], {}, "price_amount: two fields make"),
        (["label:line"], {"flags": Flags(timeline=True)}, "--timeline: add the field customer:ref"),
        (["pieces:int"], {"search": ["pieces"]}, "--search: pieces has no words"),
        (["label:line"], {"area": "workflows", "search": ["label"]}, "search can't use resources"),
    ],
)
def test_a_resource_that_can_not_be_says_why(
    texts: list[str], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        check(*texts, **more)

    assert said in refused.value.detail


def test_a_resource_that_can_be_is_not_refused() -> None:
    check("label:line", "keeper:user", search=["label"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keeper", "write it as assignee:starts_at..ends_at"),
        ("keeper:from_at..until_at", "there is no field until_at"),
        ("label:from_at..to_at", "label must be a reference"),
        ("keeper:from_at..label", "must both be datetime, or both date"),
        ("keeper:to_at..from_at", "to_at must be given"),
    ],
)
def test_an_exclusion_that_can_not_be_is_refused(text: str, said: str) -> None:
    known = fields("label:line", "keeper:user", "from_at:datetime", "to_at:datetime?")

    with pytest.raises(RefusedError) as refused:
        parse_exclusive(text, known)

    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("state", "frees"),
    [
        ("state:enum(planned,cancelled)", "state <> 'cancelled'"),
        # Otherwise rows without a state would overlap.
        ("state:enum(planned,cancelled)?", "state IS DISTINCT FROM 'cancelled'"),
    ],
)
def test_only_what_is_cancelled_frees_its_time(state: str, frees: str) -> None:
    resource = Resource(names=Names.of("zeppelins", None), area="tasks", fields=fields(state))

    assert resource.frees == frees


def test_a_name_that_columns_can_not_hold_is_refused() -> None:
    for refuse in (
        lambda: check("label:line", name=f"{'z' * 32}s"),
        lambda: Names.of("people", "p" * 33),
        lambda: parse_action("p" * 33, fields("label:line"), "zeppelin"),
        lambda: parse_action(f"paint:{'p' * 33}", fields("label:line"), "zeppelin"),
    ):
        with pytest.raises(RefusedError, match="has more than 32 characters: shorten it"):
            refuse()


def test_an_action_moves_an_enum_or_keeps_its_time() -> None:
    known = fields("state:enum(open,closed)")

    assert parse_action("close", known, "zeppelin").field == known[0]
    assert parse_action("paint", known, "zeppelin").column == "painted_at"
    assert parse_action("shut:closed", known, "zeppelin").member == "CLOSED"


@pytest.mark.parametrize(
    "name", ["archive", "delete", "zeppelin", "facts", "open:open", "touch:updated"]
)
def test_an_action_that_can_not_be_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="--action"):
        parse_action(name, fields("state:enum(open,closed)"), "zeppelin")


def test_names_have_their_forms() -> None:
    words = ("companies", "boxes", "branches", "price_lists")
    assert [singular_of(word) for word in words] == ["company", "box", "branch", "price_list"]
    with pytest.raises(RefusedError, match="--singular"):
        singular_of("people")
    verbs = ("cancel", "close", "apply", "send", "mark_paid")
    assert [participle_of(verb) for verb in verbs] == [
        "cancelled", "closed", "applied", "sent", "marked_paid",
    ]  # fmt: skip
    assert [with_article(word) for word in ("user", "order", "room")] == [
        "a user", "an order", "a room",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "source"),
    [
        (editing.member("Kind", 'LEAD = "lead"'), 'class Kind:\n    LEAD = "lead"\n'),
        (editing.element("NAMES", '"lead"'), 'NAMES = (\n    "task",\n    "lead",\n)\n'),
        (editing.element("LIMITS", '"lead": f(1)'), 'LIMITS: dict = {"lead": f(\n    1,\n)}\n'),
        (editing.parameter("f", "leads: Leads"), "def f(leads: Leads) -> None: ...\n"),
        (editing.union("Both", "Lead"), "Both = Task | Lead\n"),
        (editing.appended("def f() -> None: ..."), "def f() -> None: ...\n"),
    ],
)
def test_what_is_there_is_not_added_again(edit: editing.Edit, source: str) -> None:
    with pytest.raises(RefusedError, match="already"):
        edit(source)


def test_a_project_that_is_not_as_expected_is_not_changed() -> None:
    with pytest.raises(RefusedError, match="there is no class Kind"):
        editing.member("Kind", 'LEAD = "lead"')("x = 1\n")
