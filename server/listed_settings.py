"""Settings that are lists: texts separated by commas."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _require_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError(f"has {network!r}, which is no address such as 10.0.0.7 or 10.0.0.0/8.") from None
    return value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Networks = Annotated[Texts, AfterValidator(_require_networks)]
"""IP addresses and networks."""
