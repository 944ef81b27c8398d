"""No regular expression of the program may take long, whatever it is held against.

Python tries all ways to fit an expression to a text. For some of them the time grows with the
square of the length, or with every character by as much again, and nobody else is served meanwhile.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

import backend
from backend.integrations.assistant.language_models.offline.requests import KINDS, Kind, script_for
from backend.integrations.assistant.language_models.offline.script import play
from backend.integrations.assistant.language_models.offline.words import request_in
from backend.models.assistant.prompt_templates import PromptTemplate
from backend.models.workflows.flow_templates import FlowTemplate
from tests.fixtures.walking import walk

ROOT = Path(backend.__file__).parent
LENGTH = 6_000
MAX_SECONDS = 0.1
"""A linear one takes a fraction of a millisecond; a quadratic one more than a third of a second."""

_METHODS = ("match", "fullmatch", "search")
_LITERALS = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]+)*")
_SAMPLES = "a0 \n\t-_.,@/\"'<[({=`é"


@dataclass(frozen=True)
class Used:
    """An expression, and how it is held against a text."""

    pattern: re.Pattern[Any]
    methods: tuple[str, ...] = _METHODS


@cache
def calls() -> tuple[tuple[ast.Call, str, str], ...]:
    """Those of a method, with the name of what has it and that of the method."""
    return tuple(_each_call())


def _each_call() -> Iterator[tuple[ast.Call, str, str]]:
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=method
                    )
                ):
                    yield node, owner, method


def method_like(name: str) -> str:
    """All others look for a beginning anywhere, as `search` does."""
    return name if name in _METHODS else "search"


def compiled() -> Iterator[tuple[str, Used]]:
    """Those that modules keep, also within what they keep."""
    methods: dict[str, set[str]] = {}
    for _, owner, method in calls():
        methods.setdefault(owner, set()).add(method_like(method))
    for module in pkgutil.walk_packages([str(ROOT)], "backend."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for pattern in patterns_in(value, depth=3):
                used = methods.get(name, _METHODS) if pattern is value else _METHODS
                yield f"{name} of {module.name}", Used(pattern, tuple(sorted(used)))


def patterns_in(value: Any, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, tuple | list | set | frozenset | dict):
        for each in chain(value, value.values() if isinstance(value, dict) else ()):
            yield from patterns_in(each, depth - 1)


def of_classes() -> Iterator[tuple[str, Used]]:
    yield "of prompts", Used(PromptTemplate.pattern, ("fullmatch", "search"))
    yield "of flows", Used(FlowTemplate.pattern, ("fullmatch", "search"))


def written_in_calls() -> Iterator[tuple[str, Used]]:
    """Those that functions of `re` are handed as a text."""
    for call, owner, method in calls():
        match call.args:
            case [ast.Constant(value=str(text)), *_] if owner == "re" and method != "compile":
                yield text, Used(re.compile(text), (method_like(method),))


def of_requests() -> Iterator[tuple[str, Used]]:
    for kind in KINDS:
        yield kind.example, Used(re.compile(kind.wording, re.IGNORECASE), ("fullmatch",))


@cache
def expressions() -> dict[str, Used]:
    return {
        f"{name}: {used.pattern.pattern!r}": used
        for name, used in chain(compiled(), of_classes(), written_in_calls(), of_requests())
    }


def hard_texts(source: str) -> Iterator[str]:
    """Long texts of what the expression speaks of, which end in what fits nothing."""
    literals = sorted({found[0] for found in _LITERALS.finditer(source)})
    signs = sorted({each for each in source if not each.isalnum()} | set(_SAMPLES))
    units = [*signs, *literals, *(f"{each} " for each in literals)]
    beginnings = ["", *(f"{each} " for each in literals[:6])]
    pairs = ((first + second, "") for first, second in product(signs, repeat=2))
    for unit, beginning in chain(product(units, beginnings), pairs):
        yield beginning + unit * (LENGTH // len(unit)) + "\x00"


@walk("used", expressions)
def test_a_regular_expression_takes_no_long_time(used: Used) -> None:
    is_text = isinstance(used.pattern.pattern, str)
    for text in hard_texts(used.pattern.pattern if is_text else ""):
        held: Any = text if is_text else text.encode()
        for method in used.methods:
            begun = time.process_time()
            getattr(used.pattern, method)(held)

            assert time.process_time() - begun < MAX_SECONDS, f"{method} {text[:40]!r}"


def test_the_expressions_were_found() -> None:
    assert len(expressions()) > 40
    assert any(name.startswith("_PROLOGUE of ") for name in expressions())


def test_a_quadratic_one_would_be_seen() -> None:
    pattern = re.compile(r"\s*[\[{]")
    begun = time.process_time()

    pattern.search(" " * LENGTH)

    assert time.process_time() - begun > MAX_SECONDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.example)
def test_a_request_is_understood_at_once(kind: Kind) -> None:
    """However its end is worded: options are cut off it, one after the other."""
    for unit in (",", " ,", " a@b", " for customer", " from", " and with the", " due", " phone 1"):
        request = request_in((kind.example + unit * 500)[:499])
        begun = time.process_time()

        play(script_for(request, None), [], ())

        assert time.process_time() - begun < MAX_SECONDS
