"""What `default` stands for, said so that Schemathesis takes it for nothing else.

To Schemathesis, an operation that has it may answer with any status.
"""

from typing import Any

from backend.api.problems import OF_ANY_REQUEST

Document = dict[str, Any]


def with_all_statuses(document: Document) -> Document:
    """The document, with the status of each problem of any request in the place of `default`."""
    for operations in document["paths"].values():
        for operation in operations.values():
            described = operation["responses"].pop("default")
            for kind in OF_ANY_REQUEST:
                operation["responses"].setdefault(str(kind.status), described)
    return document
