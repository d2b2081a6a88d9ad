"""The settings of what is served for search engines and feed readers."""

from pydantic import Field
from pydantic_settings import BaseSettings


class SiteSettings(BaseSettings):
    """How long others keep what they were told of the shop's pages."""

    site_max_age_seconds: int = Field(
        default=600,
        ge=0,
        le=31_536_000,
        description="How long browsers and CDNs may keep robots.txt, sitemaps and feeds; 0 has them ask each time.",
    )
