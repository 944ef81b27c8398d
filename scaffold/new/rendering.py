"""Renders the templates of a resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scaffold.names import with_article
from scaffold.new.fields import Field
from scaffold.new.resource import Action, Resource
from scaffold.new.values import example_id, example_of, made_for
from scaffold.project import Known

TEMPLATES = Path(__file__).parents[1] / "templates"
_SHARED = {"QUERY": "search", "CSV": "csv", "SEARCH": "search", "SHEETS": "sheets"}


@dataclass(frozen=True)
class Rendering:
    """The templates, for one resource of a project with these others."""

    resource: Resource
    known: Mapping[str, Known]

    def render(self, template: str, **more: Any) -> str:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701  # it writes Python and Markdown
        )
        environment.filters["code"] = lambda text: f"`{text}`"
        return environment.get_template(template).render(**self._context(), **more)

    def _context(self) -> dict[str, Any]:
        resource = self.resource
        needed = {field.target for field in resource.references if not field.is_optional}
        named = {
            "json",
            "made",
            "label",
            "currency_of",
            "regular",
            "columns_of_money",
            "changed_example",
        }
        named |= {
            "raised_by_create",
            "wrong_input",
            "described",
            "referred",
            "other_choice",
            "other_value",
        }
        return {
            "r": resource,
            "example_id": example_id(resource.names.plural),
            "n": resource.names,
            "needed_targets": [self.known[name] for name in sorted(needed - {"users"})],
            "needs_user": any(not field.is_optional for field in resource.users),
            "needs": self._needs(),
            "a_name": resource.names.a.replace(" ", "_"),
            "change": self._literal(self.change()),
            "freeing": self._freeing(),
            **{name: getattr(self, name) for name in named},
            **self._of_seeds(),
            **self._of_world(),
            **self._of_search(),
        }

    def json(self, field: Field) -> str:
        return example_of(self.resource, field)

    def made(self, field: Field) -> str:
        return made_for(self.resource, field)

    def label(self, field: Field) -> str:
        """The word for a field in messages."""
        return "SKU" if field.name == "sku" else field.words

    def currency_of(self, field: Field) -> str:
        """The filter for the currency of an amount."""
        return "currency" if len(self.resource.money) == 1 else f"{field.name}_currency"

    def regular(self, target: str) -> bool:
        return self.known[target].is_regular

    def referred(self, field: Field) -> str:
        """The word for a row that the field refers to; empty for other fields."""
        return self.known[field.target].kind if field.target else ""

    def columns_of_money(self) -> str:
        columns = (
            f'money_columns("{field.name}", self.{field.name})' for field in self.resource.money
        )
        return " | ".join(columns)

    def changed_example(self) -> str:
        [(name, value)] = self.change().items()
        return f'"{name}": {value}'

    def raised_by_create(self) -> str:
        """The docstring of `create`."""
        taken = [f"the {self.label(field)} is taken" for field in self.resource.unique]
        if self.resource.exclusive:
            taken.append(f"the {self.resource.exclusive.key.words} has another at this time")
        raised = [f"ConflictError if {' or '.join(taken)}"] if taken else []
        if self.resource.references:
            raised.append("InvalidInputError for an unknown reference")
        if len(raised) > 1:
            lines = "\n".join(f"            {each.replace(' ', ': ', 1)}." for each in raised)
            return f"\n        Raises:\n{lines}\n        "
        return f"Raises {raised[0]}." if raised else f"Add {self.resource.names.a}."

    def wrong_input(self) -> str:
        names = [f"the {field.words} is unknown or deactivated" for field in self.resource.users]
        if self.resource.exclusive:
            names.append("it ends before it begins")
        return ", or ".join(names) + "."

    def described(self, field: Field) -> str:
        """What a field holds, for the page of the resource."""
        words = {
            "line": "One line of at most 200 characters",
            "text": "Text of at most 10,000 characters; may be empty",
            "sku": "Letters, digits and `. _ / -`, at most 64",
            "email": "An e-mail address",
            "url": "An address of the web",
            "int": "A whole number",
            "decimal": "A number with four decimals",
            "money": "An amount and its currency",
            "bool": "True or false",
            "date": "A day",
            "datetime": "A moment",
            "enum": " or ".join(f"`{choice}`" for choice in field.choices),
            "ref": f"The id of {with_article(self.referred(field))}",
            "user": "The id of an active user",
        }[field.kind.name]
        unique = "; unique, ignoring case" if field.is_unique else ""
        return f"{words}{'; or null' if field.is_optional else ''}{unique}"

    def other_choice(self, field: Field) -> str:
        given = field.given_default or field.choices[0]
        return next(choice for choice in field.choices if choice != given)

    def other_value(self, field: Field) -> str:
        values = {
            "line": '"Another"',
            "sku": '"B-200"',
            "email": '"ada@example.com"',
            "url": '"https://example.com/other"',
            "text": '"Changed"',
            "int": "7",
            "decimal": '"7.0000"',
            "money": '{"amount": "260.00", "currency": "EUR"}',
            "bool": str(field.default != "True"),
            "date": '"2099-06-20"',
            "datetime": '"2099-06-20T09:00:00Z"',
        }
        return values[field.kind.name]

    def change(self) -> dict[str, str]:
        """A change that any row takes, as code; none without fields."""
        if not self.resource.fields:
            return {}
        field = next(
            field
            for kinds in (("line", "text", "sku", "email", "url"), ("int", "decimal", "bool"), ())
            for field in self.resource.fields
            if field.kind.name in kinds or not kinds
        )
        if self.resource.exclusive and field == self.resource.exclusive.start:
            field = self.resource.exclusive.end  # A later beginning would come after it.
        if field.kind.name == "enum":
            acted = {action.state for action in self.resource.actions}
            given = field.given_default or field.choices[0]
            free = [each for each in field.choices if each not in {*acted, given}]
            return {field.column: f'"{(free or [given])[0]}"'}
        if field.is_reference:
            return {field.column: "None"}
        return {field.column: self.other_value(field)}

    def _literal(self, values: Mapping[str, str]) -> str:
        return "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"

    def _freeing(self) -> Action | None:
        """The action after which a row does not take up its time."""
        frees = self.resource.frees
        return next((each for each in self.resource.actions if each.state in frees), None)

    def _of_seeds(self) -> dict[str, Any]:
        words = self.resource.names.words
        title = self.resource.title
        by_number = [
            field
            for field in self.resource.fields
            if (not field.is_optional and field != title)
            or (field == title and field.kind.name != "line")
        ]
        made = " ".join(self.made(field) for field in by_number if field.kind.name != "money")
        return {
            "a_first": f"First {words}",
            "a_second": f"Second {words}",
            "a_third": f"Third {words}",
            "seeds_by_number": "number" in made or "known_id" in made,
        }

    def _of_world(self) -> dict[str, Any]:
        title = self.resource.title
        given = {field.column: self._given(field) for field in self.resource.needed}
        varied = ""
        if title is not None and not title.is_unique:
            varied = f'{{"{title.column}": f"{title.column[0].upper()}{{n // 3}}"}}'
        return {
            "create": self._literal(given),
            "other": self._literal(self.change()),
            "varied": varied,
            "left_out": self._left_out(),
        }

    def _given(self, field: Field) -> str:
        if field.is_reference:
            return f"str(factories.{self.made(field)})"
        return self.json(field)

    def _needs(self) -> str:
        """The paths of what a row must refer to, by field, as code."""
        needed = [field for field in self.resource.references if not field.is_optional]
        paths = (f'"{field.column}": "{self.known[field.target].path}"' for field in needed)
        return "{" + ", ".join(paths) + "}" if needed else ""

    def _left_out(self) -> str:
        has = {
            "search": bool(self.resource.search),
            "csv": self.resource.flags.csv,
            "sheets": self.resource.flags.sheets,
        }
        missing = [name for name, flag in _SHARED.items() if not has[flag]]
        if len(missing) == len(_SHARED):
            return "PLAIN"
        members = ", ".join(f"Shared.{name}" for name in missing)
        return f"frozenset({{{members}}})" if missing else ""

    def _of_search(self) -> dict[str, Any]:
        if not self.resource.search:
            return {"found_value": "", "found_word": ""}
        kind = self.resource.search[0].kind.name
        values = {
            "sku": ('"ZEPPELIN-1"', "zeppelin-1"),
            "email": ('"zeppelin@example.com"', "zeppelin@example.com"),
            "url": ('"https://zeppelin.example.com"', "zeppelin.example.com"),
        }
        value, word = values.get(kind, ('"The zeppelin"', "zeppelin"))
        return {"found_value": value, "found_word": word}
