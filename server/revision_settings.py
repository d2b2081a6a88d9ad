"""The settings of how long earlier versions of what editors write are kept."""

from pydantic import Field
from pydantic_settings import BaseSettings


class RevisionSettings(BaseSettings):
    """What goes is older than that, has so many newer ones, and was never published."""

    revisions_kept: int = Field(
        default=50, ge=1, le=1_000_000, description="How many of the newest revisions of an item are kept, of any age."
    )
    revision_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        description="How many days further revisions are kept. Those that were published are kept for good.",
    )
