"""Ports for processes that open them themselves, some time after they were told which."""

import socket
from contextlib import suppress
from random import SystemRandom

FIRST, LAST = 20_000, 31_999
"""Below those that the kernel gives to whoever names none: what is free here is still free when it is opened."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    chance = SystemRandom()
    while True:
        port = chance.randint(FIRST, LAST)
        with suppress(OSError), socket.socket() as finder:
            finder.bind(("127.0.0.1", port))
            return port
