"""The settings that bound how often somebody may ask."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from resolvers.rates import Rate
from server.listed_settings import Networks

MOST = 1_000_000_000


class RateLimitSettings(BaseSettings):
    """How often each root field may be asked for, by each address and by each account."""

    rate_limits: bool = Field(
        default=False,
        description="Whether requests are counted, and refused when there are too many. Off in development.",
    )
    rate_limit_window_seconds: int = Field(
        default=900, ge=1, le=86_400, description="The time for which the limits below hold."
    )
    rate_limit_reads: int = Field(
        default=9_000,
        ge=0,
        le=MOST,
        description="How often each root field of queries and subscriptions may be asked for in that time, by each "
        "visitor's address, and by each account or API token; 0 does not limit it.",
    )
    rate_limit_searches: int = Field(
        default=1_800, ge=0, le=MOST, description="The same for those that search; 0 does not limit them."
    )
    rate_limit_mutations: int = Field(
        default=1_800, ge=0, le=MOST, description="The same for each mutation; 0 does not limit them."
    )
    rate_limit_attempts: int = Field(
        default=100,
        ge=0,
        le=MOST,
        description="The same for each mutation that checks or sends a password, a code or a link, which is counted by "
        "address even of those who are signed in; 0 does not limit them.",
    )
    rate_limit_exempt: Networks = Field(
        default=(),
        description="The IP addresses and networks that are not counted, separated by commas: those of the frontend's "
        "own servers, which ask for all of their visitors.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="A Redis or Valkey where all processes count together, as redis://user:password@host:6379/0 or "
        "rediss:// or unix://. Without one each process counts for itself.",
    )

    @property
    def limits_by_rate(self) -> Mapping[Rate, int]:
        """The limits that there are; none when nothing is counted."""
        limits = {rate: int(getattr(self, f"rate_limit_{rate}")) for rate in Rate} if self.rate_limits else {}
        return MappingProxyType({rate: limit for rate, limit in limits.items() if limit})

    @field_validator("redis_url")
    @classmethod
    def _normalise_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Valkey speaks the same protocol, whose client knows the names of Redis alone."""
        if value is None:
            return None
        url = re.sub("^valkey(s?)://", lambda found: f"redi{'ss' if found[1] else 's'}://", value.get_secret_value())
        if re.match(r"(rediss?://[^/\s]|unix:///)", url) is None:
            raise ValueError("must be an address such as redis://host:6379/0.")
        return SecretStr(url)
