"""Fixtures for all tests; each kind stands in a file of its own."""

import gc
import os
from collections.abc import Generator
from importlib import import_module

import pytest

from tests.ids import MAX_ID_LENGTH

FIXTURES = (
    "tests.fixtures.waiting",
    "tests.fixtures.postgres",
    "tests.fixtures.openai_server",
    "tests.fixtures.tavily_server",
    "tests.fixtures.issuer",
    "tests.fixtures.application",
    "tests.fixtures.people",
    "tests.fixtures.sign_in_browser",
    "tests.fixtures.organisations",
    "tests.fixtures.passwords",
    "tests.fixtures.certificates",
    "tests.fixtures.execution_kinds",
    "tests.fixtures.process_state",
    "tests.fixtures.processes",
    "tests.fixtures.jobs",
    "tests.fixtures.workers",
    "tests.fixtures.s3",
    "tests.fixtures.smtp",
    "tests.fixtures.language_models",
    "tests.fixtures.assistant",
    "tests.fixtures.post",
    "tests.fixtures.receiver",
    "tests.fixtures.sheets",
)

# Before a conftest.py further down imports one.
pytest.register_assert_rewrite(*FIXTURES)


def pytest_configure(config: pytest.Config) -> None:
    """Where others run the tests, this process does not need what they import, nor the time."""
    if config.option.collectonly or config.getoption("dist", "no") == "no" or _is_worker(config):
        # Until all is collected: what is imported stays, so a search for garbage is in vain.
        gc.disable()
        for name in FIXTURES:
            config.pluginmanager.register(import_module(name), name)


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """One more than there are processors: a fifth of the time, tests wait. `logical` adds none."""
    count = yield
    is_given = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    return count + (config.option.numprocesses == "auto" and not is_given)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest hands the id to each program that a test starts, in PYTEST_CURRENT_TEST.

    Linux starts none with a variable of 128 KiB.
    """
    too_long = [item for item in items if len(item.nodeid) > MAX_ID_LENGTH]
    if too_long:
        raise pytest.UsageError(f"give ids=short_id to {too_long[0].nodeid[:200]}")


def pytest_collection_finish() -> None:
    gc.freeze()
    # Seldom: tests leave little in circles, and each search goes through all that there is.
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
