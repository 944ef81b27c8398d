"""Resources that `mvp new` writes pass the checks of a project, without a line written by hand."""

from pathlib import Path

from tests.bake.clones import clone
from tests.bake.resources import PLAIN, check_start

BOOKING = (
    "bookings", "--area", "sales", "title:line", "code:sku!", "price:money", "is_paid:bool",
    "rate:decimal", "site:url?", "contact:email?", "level:enum(low,high)", "room:ref",
    "customer:ref?", "host:user", "--search", "title,code", "--csv", "--tool", "--timeline",
    "--action", "confirm",
)  # fmt: skip
PARCEL = (
    "parcels", "--area", "sales", "label:line", "seen_at:datetime?", "weight:decimal", "pieces:int",
    "sent_on:date?", "customer:ref?", "price:money?", "keeper:user?", "status:enum(packed,sent)",
    "--sheets", "--csv", "--search", "label", "--action", "send",
)  # fmt: skip
APPOINTMENT = (
    "appointments", "--area", "tasks", "title:line", "starts_at:datetime", "ends_at:datetime",
    "location:line?", "status:enum(planned,done,cancelled)", "customer:ref", "assignee:user?",
    "--action", "cancel", "--exclusive", "assignee:starts_at..ends_at",
)  # fmt: skip
GROWTH = (
    ("field", "rooms", "floor:enum(low,high,closed)"),
    ("field", "rooms", "keeper:user?"),
    ("field", "parcels", "is_fragile:bool"),
    ("action", "rooms", "close"),
    ("action", "appointments", "confirm"),
    ("event", "bookings", "updated"),
    ("tool", "rooms"),
)


def test_all_that_can_be_written_passes_the_whole_suite(tmp_path: Path) -> None:
    baked = clone(tmp_path / "project")
    for resource in (PLAIN, BOOKING, PARCEL, APPOINTMENT):
        baked.mvp("new", "resource", *resource)
    for more in GROWTH:
        baked.mvp("new", *more)

    baked.lint()
    check_start(baked, tmp_path)
    baked.pytest()
