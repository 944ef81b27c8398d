"""Fixtures for all tests; each kind stands in a file of its own."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.openai_server",
    "tests.fixtures.tavily_server",
    "tests.fixtures.application",
    "tests.fixtures.people",
    "tests.fixtures.passwords",
    "tests.fixtures.execution_kinds",
    "tests.fixtures.processes",
    "tests.fixtures.jobs",
    "tests.fixtures.workers",
    "tests.fixtures.s3",
    "tests.fixtures.smtp",
    "tests.fixtures.language_models",
    "tests.fixtures.assistant",
    "tests.fixtures.post",
    "tests.fixtures.sheets",
]
