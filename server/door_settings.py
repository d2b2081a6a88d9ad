"""The settings of the way in: under which names the server is asked, and whether by TLS alone."""

import re

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from server.listed_settings import Texts

NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")


class DoorSettings(BaseSettings):
    """What a request must have to be let in."""

    allowed_hosts: Texts = Field(
        default=(),
        description="The names under which clients may ask (the header Host), separated by commas, such as "
        "api.shop.example or *.shop.example. Any when it is empty. /health and /metrics answer under every name.",
    )
    require_https: bool = Field(
        default=False,
        description="Whether requests that reached the proxy without TLS are sent to https:// (GET) or refused. Needs "
        "TRUSTED_PROXIES, which say so in X-Forwarded-Proto, and ALLOWED_HOSTS.",
    )
    hsts_seconds: int = Field(
        default=0,
        ge=0,
        le=63_072_000,
        description="For how long browsers are told to use nothing but TLS (Strict-Transport-Security), once a trusted "
        "proxy says that they did; 0 does not tell them. Begin with 300, and end with 31536000.",
    )
    hsts_subdomains: bool = Field(
        default=False, description="Whether that holds for all names below those of ALLOWED_HOSTS as well."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _accept_hosts_in_any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _require_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if NAME.fullmatch(name) is None:
                raise ValueError(f"has {name!r}, which is no name such as api.shop.example, without a port.")
        return value

    @field_validator("require_https")
    @classmethod
    def _require_names(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("allowed_hosts"):
            raise ValueError("needs ALLOWED_HOSTS: nobody is sent to a name that only the request knows.")
        return value
