"""The settings of how views and shares are counted."""

from pydantic import Field
from pydantic_settings import BaseSettings


class CountingSettings(BaseSettings):
    """How much a process keeps in its memory alone."""

    count_interval_seconds: int = Field(
        default=2,
        ge=1,
        le=300,
        description="How often a process writes the views and shares that it has counted. One that is killed loses "
        "those since the last time; one that is asked to end writes them first.",
    )
