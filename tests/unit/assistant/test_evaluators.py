"""What evaluations take for right and for wrong."""

import pytest

from backend.seeds.users import MEMBER
from evaluations.requests import Called, Observed, Request, RequestCase, called, case
from evaluations.suite import evaluate, faults, pass_rate

COMPLETE = case(
    "Complete the task Call",
    called("find_tasks", q="call"),
    called("complete_task", task_id="t-1"),
    says="done",
)
FIND = called("find_tasks", q="Call Grace", limit=5)
DO = called("complete_task", task_id="t-1")


async def faults_of(expected: RequestCase, observed: Observed) -> list[str]:
    async def ask(_: Request) -> Observed:
        return observed

    return faults(await evaluate([expected], ask, "test"))


async def test_expected_calls_in_order_pass_whatever_is_read_in_between() -> None:
    observed = Observed((called("search", q="x"), FIND, called("read_task"), DO), "It is DONE.")

    assert await faults_of(COMPLETE, observed) == []


@pytest.mark.parametrize(
    "calls",
    [
        (),
        (FIND,),
        (DO, FIND),
        (FIND, called("complete_task", task_id="t-2")),
        (FIND, Called("complete_task", {"task_id": "t-1"}, refused=True)),
    ],
    ids=["none", "one is missing", "the other way round", "another argument", "refused"],
)
async def test_calls_that_are_not_as_expected_are_a_fault(calls: tuple[Called, ...]) -> None:
    found = await faults_of(COMPLETE, Observed(calls, "done"))

    assert len(found) == 1
    assert found[0].startswith("Complete the task Call: ExpectedCalls: no ")


async def test_an_argument_within_another_may_hold_more_than_is_expected() -> None:
    expected = case("Create it", called("create_product", price={"amount": 240}))
    made = called("create_product", name="Seat", price={"amount": "240.00", "currency": "EUR"})

    assert await faults_of(expected, Observed((made,), "Yes.")) == []


async def test_an_argument_that_should_hold_others_and_is_a_text_is_a_fault() -> None:
    expected = case("Create it", called("create_product", price={"amount": 240}))

    assert await faults_of(expected, Observed((called("create_product", price="240"),), "Yes."))


async def test_a_change_that_is_not_expected_is_a_fault() -> None:
    observed = Observed((FIND, DO, called("delete_task", task_id="t-1")), "done")

    assert await faults_of(COMPLETE, observed) == [
        "Complete the task Call: NoOtherChanges: called delete_task(task_id=t-1)"
    ]


@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        (Observed((FIND, DO), " "), "no answer"),
        (Observed((FIND, DO), "done", "It is too slow."), "It is too slow."),
        (Observed((FIND, DO), "Well."), "['done'] not in: Well."),
    ],
    ids=["nothing", "an error", "something else"],
)
async def test_an_answer_that_does_not_say_what_it_should_is_a_fault(
    observed: Observed, reason: str
) -> None:
    assert await faults_of(COMPLETE, observed) == [f"Complete the task Call: Answered: {reason}"]


async def test_the_pass_rate_is_the_share_of_requests_without_a_fault() -> None:
    async def ask(request: Request) -> Observed:
        assert request.by is MEMBER
        return Observed((), "Yes." if request.text == "good" else "")

    report = await evaluate([case("good"), case("bad"), case("worse")], ask, "test")

    assert pass_rate(report) == pytest.approx(1 / 3)
