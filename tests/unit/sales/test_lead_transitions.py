from itertools import product
from uuid import uuid4

import pytest

from backend.core.errors import ConflictError
from backend.models.sales.leads import Lead, LeadStatus
from tests.factories import make_lead

NEW, CONTACTED, QUALIFIED, LOST, CONVERTED = LeadStatus
ALLOWED = {
    (NEW, CONTACTED),
    (NEW, QUALIFIED),
    (NEW, LOST),
    (CONTACTED, QUALIFIED),
    (CONTACTED, LOST),
    (QUALIFIED, CONTACTED),
    (QUALIFIED, LOST),
    (LOST, NEW),
    (LOST, CONTACTED),
}
ALL = [(a, b) for a, b in product(LeadStatus, LeadStatus) if a is not b]


def lead_that_is(status: LeadStatus) -> Lead:
    return make_lead(status=status)


@pytest.mark.parametrize(("before", "after"), sorted(ALLOWED))
def test_an_allowed_transition_changes_the_status(before: LeadStatus, after: LeadStatus) -> None:
    lead = lead_that_is(before)
    lead.move_to(after)

    assert lead.status is after


@pytest.mark.parametrize(("before", "after"), sorted(set(ALL) - ALLOWED))
def test_any_other_transition_is_refused(before: LeadStatus, after: LeadStatus) -> None:
    lead = lead_that_is(before)

    with pytest.raises(ConflictError):
        lead.move_to(after)
    assert lead.status is before


@pytest.mark.parametrize("status", LeadStatus)
def test_moving_to_the_present_status_changes_nothing(status: LeadStatus) -> None:
    lead = lead_that_is(status)
    lead.move_to(status)

    assert lead.status is status


def test_a_refused_transition_names_both_ends() -> None:
    with pytest.raises(ConflictError, match="qualified can't become new"):
        lead_that_is(QUALIFIED).move_to(NEW)


def test_converted_is_reached_by_conversion_alone() -> None:
    with pytest.raises(ConflictError, match=r"Only POST /leads/.*/convert"):
        lead_that_is(QUALIFIED).move_to(CONVERTED)


@pytest.mark.parametrize("status", [NEW, CONTACTED, QUALIFIED])
def test_a_conversion_notes_the_customer_and_the_time(status: LeadStatus) -> None:
    lead, customer_id = lead_that_is(status), uuid4()
    lead.convert(customer_id)

    assert (lead.status, lead.customer_id) == (CONVERTED, customer_id)
    assert lead.converted_at is not None


def test_a_lost_lead_can_not_be_converted() -> None:
    lead = lead_that_is(LOST)

    with pytest.raises(ConflictError, match="lost"):
        lead.convert(uuid4())
    assert (lead.status, lead.customer_id, lead.converted_at) == (LOST, None, None)
