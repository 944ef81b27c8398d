"""A resource in the declaration of its area, so that it can be removed as well."""

import re

from scaffold.editing import Edit
from scaffold.errors import RefusedError
from scaffold.names import Names

_LISTED = re.compile(r"^resources = \[(.*)\]$", re.MULTILINE)
_AFTER = re.compile(r"^lends = .*\n", re.MULTILINE)


def declared(names: Names) -> Edit:
    """Add it to the resources of the area."""

    def edit(text: str) -> str:
        found, after = _LISTED.search(text), _AFTER.search(text)
        if found is None and after is None:
            raise RefusedError("The project is not as expected: an area does not say what it lends")
        if found is None:
            at = after.end() if after else 0
            return f'{text[:at]}resources = ["{names.plural}"]\n{text[at:]}'
        known = re.findall(r'"([^"]+)"', found[1])
        if names.plural in known:
            raise RefusedError(f"There is already: the resource {names.plural}")
        listed = ", ".join(f'"{each}"' for each in sorted([*known, names.plural]))
        return f"{text[: found.start()]}resources = [{listed}]{text[found.end() :]}"

    return edit
