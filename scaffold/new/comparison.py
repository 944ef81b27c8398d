"""What `mvp new resource` would write today for `products`, against what stands there.

`templates/products.diff` has what was agreed to differ. If a template or the products have changed
for the better, write it anew: `uv run python -m scaffold.new.comparison > \\
scaffold/templates/products.diff`.
"""

import re
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from scaffold.editing import Edit
from scaffold.errors import RefusedError
from scaffold.formatting import formatted
from scaffold.names import Names
from scaffold.new.fields import parse_field
from scaffold.new.own_files import own_files
from scaffold.new.registration import registrations
from scaffold.new.rendering import TEMPLATES, Rendering
from scaffold.new.resource import Flags, Resource
from scaffold.project import known_resources

AGREED = TEMPLATES / "products.diff"
_FIELDS = ("sku:sku!", "name:line", "description:text", "is_active:bool=true", "price:money")
_DIFFERENT = {"seeder.py", "test.py", "page.md"}
"""Their content is the products' own: what they sell, and how leads want it."""


def products(root: Path) -> Rendering:
    names = Names.of("products", None)
    has_assistant = (root / "backend/services/assistant").exists()
    fields = tuple(parse_field(text, names.cls) for text in _FIELDS)
    resource = Resource(
        names=names,
        area="sales",
        fields=fields,
        is_archivable=True,
        search=fields[:3],
        flags=Flags(csv=True, sheets=True, tool=has_assistant),
    )
    return Rendering(resource, known_resources(root))


def difference(root: Path) -> str:
    """A unified diff from what would be written to what is there."""
    rendering = products(root)
    texts = {
        path: rendering.render(f"resource/{template}.jinja")
        for path, template in own_files(rendering.resource)
        if template not in _DIFFERENT
    }
    written = formatted(root, texts, set(texts))
    return "".join(line for path in written for line in _differing(root, path, written[path]))


def _differing(root: Path, path: str, written: str) -> Iterator[str]:
    there = (root / path).read_text(encoding="utf-8")
    return unified_diff(written.splitlines(True), there.splitlines(True), path, path, n=0)


def missing_registrations(root: Path) -> list[str]:
    """The Python files in which the products are not registered as they would be today."""
    changes = [each for each in registrations(products(root)) if each.path.endswith(".py")]
    return sorted({path for path, edit in changes if not _is_there(root / path, edit)})


def _is_there(path: Path, edit: Edit) -> bool:
    text = path.read_text(encoding="utf-8")
    try:
        added = edit(text)
    except RefusedError as error:
        return "already" in error.detail
    return _is_import(text, added)


def _is_import(text: str, added: str) -> bool:
    """Whether what was added is an import that stands there in some form."""
    lines = set(added.splitlines()) - set(text.splitlines())
    names = [line.rpartition(" ")[2] for line in lines if line.startswith("from ")]
    return len(names) == len(lines) and all(re.search(rf"\b{name}\b", text) for name in names)


if __name__ == "__main__":
    sys.stdout.write(difference(Path(__file__).parents[2]))
