"""`mvp new tool`: the assistant finds, reads and creates rows of a resource that is there."""

from scaffold.areas import Areas
from scaffold.errors import RefusedError
from scaffold.new.existing import Existing
from scaffold.new.registration import tool_registrations
from scaffold.new.rendering import Rendering
from scaffold.project import known_resources
from scaffold.tree import Tree


def plan_tool(tree: Tree, existing: Existing) -> None:
    """Raises RefusedError."""
    n = existing.names
    Areas(tree.root).check_above("mvp new tool", existing.area, "assistant")
    if f"class {n.cls}Query(SearchableQuery)" not in tree.read(existing.model):
        raise RefusedError(
            f"{n.plural}: the assistant finds rows by words: make the list searchable first."
        )
    rendering = Rendering(existing.bare(), known_resources(tree.root))
    path = f"backend/services/assistant/tools/{n.plural}.py"
    tree.create(path, rendering.render("resource/tools.py.jinja"))
    for changed, edit in tool_registrations(existing.bare()):
        tree.edit(changed, edit)
    tree.format()
