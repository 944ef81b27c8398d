"""In which organisation somebody acts by a session or a key, and with which role."""

from typing import Any

from sqlalchemy import Select, and_, func, or_
from sqlmodel import col

from backend.core.permissions import Role
from backend.models.identity.memberships import Membership
from backend.models.identity.organisations import Organisation
from backend.models.identity.users import User
from backend.repositories.sql.platform.organisations import Divided, organisation_column

ROLE = func.coalesce(col(Membership.role), Role.GUEST).label("role")
"""Whoever belongs to no organisation acts for themselves alone."""


def in_organisation(identity: Select[Any], model: Divided) -> Select[Any]:
    """Return the query for the user of a session or a key, with what it needs for `ROLE`.

    It finds nothing once they do not belong to the organisation any more, or it was deleted. What
    belongs to no organisation has the id of its user in place of one.
    """
    acts_in = organisation_column(model)
    its_own = and_(
        col(Membership.user_id) == col(User.id), col(Membership.organisation_id) == acts_in
    )
    is_there = and_(col(Organisation.id) == acts_in, col(Organisation.deleted_at).is_(None))
    belongs = and_(col(Membership.id).is_not(None), col(Organisation.id).is_not(None))
    found = identity.outerjoin(Membership, its_own).outerjoin(Organisation, is_there)
    return found.where(or_(belongs, acts_in == col(User.id)))
