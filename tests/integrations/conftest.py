"""Whom the shop talks to."""

from tests.stripe_double.fixtures import double, stripe

__all__ = ["double", "stripe"]
