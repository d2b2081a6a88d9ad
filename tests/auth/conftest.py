"""Fixtures of the tests of accounts."""

from collections.abc import Iterator

import pytest

from auth.safeguards import Safeguards
from tests.safeguards import made_safeguards


@pytest.fixture(scope="session")
def safeguards() -> Iterator[Safeguards]:
    """A hasher of passwords, a writer of access tokens and a vault. Once per run."""
    made = made_safeguards()
    yield made
    made.passwords.close()
