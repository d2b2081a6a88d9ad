"""Stock: how many units of each variant there are. Apart from the catalogue, so that an order does not touch it."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamped
from models.catalog import ProductVariant

LOW_STOCK_BELOW = 10
"""The minimum level where none is given."""


class StockLevel(Timestamped, Base):
    """The units of one variant; what can be sold is `quantity - reserved`."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("reserved BETWEEN 0 AND quantity", name="reserved"),
        CheckConstraint("minimum_level >= 0", name="minimum_level"),
        Index(None, "quantity"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("product_variants.id", ondelete="CASCADE"), unique=True)
    quantity: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    minimum_level: Mapped[int] = mapped_column(server_default=text(str(LOW_STOCK_BELOW)))

    variant: Mapped[ProductVariant] = relationship(back_populates="stock_level", lazy="raise")
