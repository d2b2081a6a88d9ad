"""Whose certificates the servers that we call over HTTPS must show."""

import ssl
from functools import cache

import httpx2


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Those that the machine trusts. They are read once, because that holds up a process for some 20 milliseconds."""
    return httpx2.create_ssl_context(trust_env=False)
