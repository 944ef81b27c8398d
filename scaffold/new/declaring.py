"""A resource in the declaration of its area, so that it can be removed as well."""

import re

from scaffold.editing import Edit
from scaffold.errors import RefusedError
from scaffold.names import Names

_AFTER = re.compile(r"^lends = .*\n", re.MULTILINE)
_OWN = "[own]\n"


def declared(names: Names) -> Edit:
    """Add it to the resources and the seeds of the area, and its page to what is its own."""

    def edit(text: str) -> str:
        listed = _listed(_listed(text, "seeds", names.plural), "resources", names.plural)
        own = f'{names.plural} = ["docs/use/{names.path}.md"]\n'
        if _OWN in listed:
            return listed.replace(_OWN, f"{_OWN}{own}")
        return f"{listed.rstrip()}\n\n{_OWN}{own}"

    return edit


def _listed(text: str, key: str, name: str) -> str:
    found = re.search(rf"^{key} = \[(.*)\]$", text, re.MULTILINE)
    if found is None:
        at = _AFTER.search(text)
        if at is None:
            raise RefusedError("The project is not as expected: an area does not say what it lends")
        return f'{text[: at.end()]}{key} = ["{name}"]\n{text[at.end() :]}'
    known = re.findall(r'"([^"]+)"', found[1])
    if name in known:
        raise RefusedError(f"There is already: {name} in {key}")
    listed = ", ".join(f'"{each}"' for each in sorted([*known, name]))
    return f"{text[: found.start()]}{key} = [{listed}]{text[found.end() :]}"
