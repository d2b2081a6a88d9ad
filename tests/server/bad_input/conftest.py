"""Fixtures of the tests of bad input."""

from collections.abc import Iterator

import httpx
import pytest

from tests.server.bad_input.asking import recorded


@pytest.fixture
def no_errors_logged() -> Iterator[None]:
    """Prove that nothing was logged as an error."""
    with recorded() as records:
        yield
    assert [record.getMessage() for record in records] == []


@pytest.fixture
def http(visitor: httpx.Client, no_errors_logged: None) -> httpx.Client:  # noqa: ARG001 - a fixture for its effect
    """A client of the running servers, which must log no error."""
    return visitor
