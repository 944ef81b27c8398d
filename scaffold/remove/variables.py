"""The variables that settings are read from, as the code is now."""

import sys
from typing import cast

from backend.core.config import Settings
from backend.core.config.base import Section
from backend.core.config.settings import variable_name


def variables() -> set[str]:
    """Return their names."""
    sections = (cast(type[Section], each.annotation) for each in Settings.model_fields.values())
    return {variable_name(section, name) for section in sections for name in section.model_fields}


if __name__ == "__main__":
    sys.stdout.write(" ".join(sorted(variables())))
