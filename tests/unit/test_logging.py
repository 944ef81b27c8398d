"""Logging is set up once for a process, so each test has a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fixtures.processes import environment

PROGRAM = """
import logging
from structlog.contextvars import bound_contextvars
from backend.core.logging import configure_logging, get_logger
from backend.core.config import Settings

configure_logging(Settings.load())
with bound_contextvars(request_id="abc"):
    get_logger("ours").info("task_completed", count=3)
    logging.getLogger("theirs").warning("of a library", extra={"color_message": "x"})
    get_logger("ours").debug("a detail")
    password = "a value that must not be in a log"
    try:
        1 / 0
    except ZeroDivisionError:
        get_logger("ours").exception("went_wrong")
"""


def lines(**settings: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=True,
        capture_output=True,
        env=environment(settings),
        text=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_in_production_every_line_is_json_with_the_requests_id() -> None:
    entries = [json.loads(line) for line in lines(ENVIRONMENT="production")]

    assert [entry["event"] for entry in entries] == [
        "task_completed",
        "of a library",
        "went_wrong",
    ]
    assert {entry["request_id"] for entry in entries} == {"abc"}
    assert entries[0]["count"] == 3
    assert entries[0]["level"] == "info"
    assert entries[0]["timestamp"].endswith("Z")
    assert "color_message" not in entries[1]
    assert entries[2]["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "must not be in a log" not in str(entries)


def test_in_development_lines_are_for_people() -> None:
    text = "\n".join(lines())

    assert "task_completed" in text
    assert "request_id=abc" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "a detail" not in text
    assert "\x1b" not in text


def test_debug_shows_details() -> None:
    text = "\n".join(lines(DEBUG="true"))

    assert "a detail" in text


def test_the_level_can_be_raised() -> None:
    entries = lines(ENVIRONMENT="production", LOG_LEVEL="ERROR")

    assert [json.loads(entry)["event"] for entry in entries] == ["went_wrong"]


def test_what_is_logged_goes_on_where_the_log_takes_no_more() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"{PROGRAM}\nprint('went on', flush=True)"],
            check=False,
            env=environment({}),
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )

    assert done.stdout == "went on\n"
