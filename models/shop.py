"""The shop itself: one row of settings that visitors may read."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, Uuid, false, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Currency, Fraction, LongText, ShortText, Timestamped, Url
from models.currencies import WITH_TOO_MANY

PATH_LENGTH = 200
PATTERN_OF_PATHS = r"^/[^{}?#%[:space:]\\]*\{slug\}[^{}?#%[:space:]\\]*$"
"""What stands where in the address of a page: exactly one `{slug}`."""
SITE_URL = r"^https?://[^/?#[:space:]]+(/[^?#[:space:]]*[^/?#[:space:]])?$"
"""An address without a slash at its end."""

PATHS = (
    *("product_path", "category_path", "service_path"),
    *("post_path", "post_category_path", "author_path", "page_path"),
)

SHOP_ID = UUID("01900000-0000-7000-8000-000000000001")
"""The key of the only row."""


class Shop(Timestamped, Base):
    """Name, currency, countries, tax display and the addresses of its pages. Migration 0004 writes the row."""

    __tablename__ = "shops"
    __table_args__ = (
        CheckConstraint("is_only", name="is_only"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint(f"currency NOT IN ({', '.join(map(repr, WITH_TOO_MANY))})", name="currency_has_room"),
        CheckConstraint("default_tax_rate BETWEEN 0 AND 1", name="default_tax_rate"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("order_number_prefix ~ '^[A-Z0-9]{1,10}$'", name="order_number_prefix"),
        CheckConstraint(f"site_url ~ '{SITE_URL}'", name="site_url"),
        *(CheckConstraint(f"{path} ~ '{PATTERN_OF_PATHS}'", name=path) for path in PATHS),
        Index("uq_shops_is_only", "is_only", unique=True),
    )

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=SHOP_ID, sort_order=-1)
    is_only: Mapped[bool] = mapped_column(server_default=true())
    name: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(server_default="")
    currency: Mapped[Currency]
    countries: Mapped[list[str]] = mapped_column(ARRAY(String(2)), server_default=text("'{ET}'"))
    """ISO 3166-1 alpha-2 codes of the countries the shop sells to."""
    prices_include_tax: Mapped[bool] = mapped_column(server_default=true())
    """Whether the prices that are stored are with tax or without."""
    shows_prices_with_tax: Mapped[bool] = mapped_column(server_default=true())
    default_tax_rate: Mapped[Fraction] = mapped_column(server_default=text("0.15"))
    """What is charged where no rate of a class is stated."""
    moderates_reviews_first: Mapped[bool] = mapped_column(server_default=true())
    """Whether reviews wait for a moderator before everybody reads them, or are looked at after they came out."""
    order_number_prefix: Mapped[str] = mapped_column(String(10), server_default=text("'NC'"))
    """What the numbers of orders begin with."""
    approves_own_posts: Mapped[bool] = mapped_column(server_default=false())
    """Whether who wrote a post, or handed it in, may approve it too."""
    contact_email: Mapped[str | None] = mapped_column(Text)
    site_url: Mapped[Url | None]
    """Where the shop's pages are, such as `https://shop.example`."""
    product_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/products/{slug}")
    category_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/categories/{slug}")
    service_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/services/{slug}")
    post_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/blog/{slug}")
    post_category_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/blog/categories/{slug}")
    author_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/authors/{slug}")
    page_path: Mapped[str] = mapped_column(String(PATH_LENGTH), server_default="/pages/{slug}")
    version: Mapped[int] = mapped_column(server_default=text("1"))
