"""Events of plain changes."""

from backend.core.permissions import Principal, SubjectKind
from backend.models.platform.domain_events import Changes, ResourceChanged, changes_between
from backend.models.platform.mixins import Identified


def created(kind: SubjectKind, row: Identified, by: Principal | None) -> ResourceChanged:
    changes = changes_between({}, row.facts(), row.private_fields())
    return ResourceChanged(kind=kind, verb="created", subject_id=row.id, by=by, changes=changes)


def updated(
    kind: SubjectKind, row: Identified, changes: Changes, by: Principal | None
) -> ResourceChanged:
    return ResourceChanged(kind=kind, verb="updated", subject_id=row.id, by=by, changes=changes)


def deleted(kind: SubjectKind, row: Identified, by: Principal | None) -> ResourceChanged:
    changes = changes_between(row.facts(), {}, row.private_fields())
    return ResourceChanged(kind=kind, verb="deleted", subject_id=row.id, by=by, changes=changes)
