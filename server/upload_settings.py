"""The settings that bound the files which come with a request."""

from pydantic import Field
from pydantic_settings import BaseSettings

from resolvers.context import MOST_IMPORTED_ROWS
from server.upload_limits import UploadLimits

USUAL = UploadLimits()


class UploadSettings(BaseSettings):
    """How many files a request may bring, how long they may be, and how many such requests are taken at once."""

    max_upload_bytes: int = Field(
        default=USUAL.file_bytes, ge=1_000, le=10_000_000_000, description="The longest file that a request may bring."
    )
    max_upload_body_bytes: int = Field(
        default=USUAL.body_bytes,
        ge=1_000,
        le=100_000_000_000,
        description="The longest body of a request with files, all of them together.",
    )
    max_upload_files: int = Field(
        default=USUAL.files, ge=0, le=1_000, description="How many files a request may bring."
    )
    max_upload_field_bytes: int = Field(
        default=USUAL.field_bytes,
        ge=1_000,
        le=100_000_000,
        description="The longest `operations` and the longest `map` of a request with files.",
    )
    max_upload_paths: int = Field(
        default=USUAL.paths, ge=0, le=10_000, description="In how many places of the variables files may stand."
    )
    max_uploads_at_once: int = Field(
        default=USUAL.at_once,
        ge=1,
        le=10_000,
        description="How many requests with files a process takes at once. So many times the longest body is what they "
        "may take on the disk.",
    )

    max_imported_rows: int = Field(
        default=MOST_IMPORTED_ROWS,
        ge=1,
        le=1_000_000,
        description="The longest product export that `importProducts` takes. `merkato import shopify` takes any.",
    )

    @property
    def upload_limits(self) -> UploadLimits:
        """The limits as the endpoint takes them."""
        return UploadLimits(
            file_bytes=self.max_upload_bytes,
            body_bytes=self.max_upload_body_bytes,
            files=self.max_upload_files,
            field_bytes=self.max_upload_field_bytes,
            paths=self.max_upload_paths,
            at_once=self.max_uploads_at_once,
        )
