"""Fixtures for all tests; each kind stands in a file of its own."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.application",
    "tests.fixtures.people",
    "tests.fixtures.processes",
    "tests.fixtures.s3",
]
