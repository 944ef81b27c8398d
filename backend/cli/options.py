"""Options that several commands have."""

from typing import Annotated
from uuid import UUID

import typer

OrganisationId = Annotated[
    UUID,
    typer.Option(
        "--organisation",
        help="With ORGANISATIONS=many: the id of one; the first if left out.",
        show_default=False,
    ),
]
