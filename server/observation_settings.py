"""The settings that say what operators see: the log, and later on whatever else is to be seen of a process."""

import re
from enum import StrEnum

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class LogLevel(StrEnum):
    """From which severity on the log is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    """For the eye."""
    JSON = "json"
    """For programs: an object a line."""


class ObservationSettings(BaseSettings):
    """What is told of what the processes do."""

    log_level: LogLevel = Field(default=LogLevel.INFO, description="From which severity on the log is written.")
    access_log_percent: int = Field(
        default=100,
        ge=0,
        le=100,
        description="How many of a hundred GraphQL requests get a line in the log, with operation, executor, outcome "
        "and duration. A line costs about as much as an answer from the cache.",
    )
    slow_operation_milliseconds: int = Field(
        default=1000,
        ge=0,
        le=3_600_000,
        description="From how many milliseconds on an operation is told in the log as slow, now and then with the plan "
        "of its statement; 0 tells of none.",
    )
    traces_endpoint: str | None = Field(
        default=None,
        description="Where traces go: the address of an OpenTelemetry collector for OTLP over HTTP, such as "
        "http://localhost:4318/v1/traces. Without it there are none. Needs the extra merkato[otel].",
    )
    traces_percent: int = Field(default=100, ge=0, le=100, description="How many of a hundred requests are traced.")
    health_queue_lag_seconds: int = Field(
        default=300,
        ge=1,
        le=86_400,
        description="How long a job may wait for a worker before /health/ready calls the queue degraded.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.TEXT, description="How the log is written: text for the eye, or a JSON object a line."
    )

    @field_validator("traces_endpoint")
    @classmethod
    def _require_collector(cls, value: str | None) -> str | None:
        if value is not None and re.fullmatch(r"https?://[^/\s?#@]+/[^\s?#]*", value) is None:
            raise ValueError("must be an address such as http://localhost:4318/v1/traces.")
        return value
