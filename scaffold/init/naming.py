"""Gives the product its name, wherever no code can read `backend/core/product.py`."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import RefusedError

PRODUCT = Path("backend/core/product.py")
_HISTORY = ("CHANGELOG.md", "docs/adr/", "findings/", "alembic/versions/")
_CONSTANT = re.compile(r'^(NAME|PACKAGE|MAIL_SENDER) = "([^"\n]+)"$', re.MULTILINE)
_SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9 .&'-]{0,58}[A-Za-z0-9]")


@dataclass(frozen=True)
class Names:
    """
    Attributes:
        title: such as `Acme CRM`.
        package: such as `acme-crm`.
        sender: of mails, such as `Acme CRM <no-reply@example.com>`.
    """

    title: str
    package: str
    sender: str

    @property
    def module(self) -> str:
        """Such as `acme_crm`."""
        return self.package.replace("-", "_")

    @classmethod
    def of(cls, title: str) -> "Names":
        """Raises RefusedError if no package can be called so."""
        title = " ".join(title.split())
        package = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        if not _SHAPE.fullmatch(title) or not package:
            raise RefusedError(
                "--name: use up to 60 letters, digits, spaces and . & ' -, such as 'Acme CRM'."
            )
        # With a full stop it would have to be in quotation marks.
        return cls(title, package, f"{title.replace('.', '')} <no-reply@example.com>")


def present(root: Path) -> Names:
    """Return what the product is called now."""
    found = dict(_CONSTANT.findall((root / PRODUCT).read_text()))
    return Names(found["NAME"], found["PACKAGE"], found["MAIL_SENDER"])


def rename(root: Path, new: Names, tracked: Iterable[str]) -> list[str]:
    """Replace the name in every file but history. Returns the files that were changed."""
    texts = dict(renamed(root, new, tracked))
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
    return [*texts]


def renamed(root: Path, new: Names, tracked: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each file that has the name, with its text under the new one."""
    old = present(root)
    pairs = [
        (old.sender, new.sender),
        (old.title, new.title),
        (old.package, new.package),
        (old.module, new.module),
    ]
    for name in sorted(tracked):
        path = root / name
        if name.startswith(_HISTORY) or not path.is_file() or path.is_symlink():
            continue
        try:
            before = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        text = _boxed(before, old.title, new.title)
        for one, other in pairs:
            text = text.replace(one, other)
        if text != before:
            yield name, text


def _boxed(text: str, old: str, new: str) -> str:
    """Keep the frame around a title in the middle of a line as wide as it is."""

    def framed(found: re.Match[str]) -> str:
        width = len(found[0]) - 2
        return f"╭{f' {new} '.center(width, '─')}╮"

    return re.sub(rf"╭─+ {re.escape(old)} ─+╮", framed, text)


def set_author(root: Path, author: str | None, title: str, year: int) -> None:
    holder = author or f"The {title} authors"
    path = root / "LICENSE"
    if path.exists():
        text = re.sub(
            r"Copyright \(c\) \d+ .*", lambda _: f"Copyright (c) {year} {holder}", path.read_text()
        )
        path.write_text(text)
    if author:
        project = root / "pyproject.toml"
        line = f"authors = [{{ name = {_toml(author)} }}]\n"
        project.write_text(
            re.sub(
                r"^(readme = .*\n)",
                lambda found: found[1] + line,
                project.read_text(),
                count=1,
                flags=re.MULTILINE,
            )
        )


def set_description(root: Path, text: str) -> None:
    project = root / "pyproject.toml"
    changed = re.sub(
        r"^description = .*$",
        lambda _: f"description = {_toml(text)}",
        project.read_text(),
        count=1,
        flags=re.MULTILINE,
    )
    project.write_text(changed)
    product = root / PRODUCT
    constant = re.compile(r'^DESCRIPTION = """\\\n.*?"""$', re.MULTILINE | re.DOTALL)
    product.write_text(constant.sub(lambda _: f"DESCRIPTION = {text!r}", product.read_text()))


def _toml(text: str) -> str:
    """Return the text as a string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
