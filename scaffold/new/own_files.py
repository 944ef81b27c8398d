"""The files that belong to a resource alone."""

from collections.abc import Iterator
from typing import NamedTuple

from scaffold.new.resource import Resource


class OwnFile(NamedTuple):
    path: str
    template: str


def own_files(r: Resource) -> Iterator[OwnFile]:
    name, area = r.names.plural, r.area
    yield OwnFile(f"backend/models/{area}/{name}.py", "model.py")
    yield OwnFile(f"backend/repositories/{area}/{name}.py", "repository.py")
    yield OwnFile(f"backend/repositories/sql/{area}/{name}.py", "sql.py")
    yield OwnFile(f"backend/services/{area}/{name}.py", "service.py")
    yield OwnFile(f"backend/api/v1/{area}/{name}.py", "router.py")
    yield OwnFile(f"backend/seeds/{name}.py", "seeder.py")
    if r.flags.tool:
        yield OwnFile(f"backend/services/assistant/tools/{name}.py", "tools.py")
    yield OwnFile(f"tests/integration/{area}/test_{name}.py", "test.py")
    yield OwnFile(f"docs/use/{r.names.path}.md", "page.md")
