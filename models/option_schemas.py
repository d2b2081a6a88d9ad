"""What buyers may choose of products that are made to their wishes."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, JsonObject, Records, Timestamped
from models.catalog import Product


class ProductOptionSchema(Timestamped, Base):
    """The options of one product, as JSON Schema, and what some of their values add to the price (decision 0044)."""

    __tablename__ = "product_option_schemas"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(definition) = 'object'", name="definition"),
        CheckConstraint("jsonb_typeof(surcharges) = 'array'", name="surcharges"),
        CheckConstraint("version > 0", name="version"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), unique=True)
    definition: Mapped[JsonObject]
    """JSON Schema 2020-12 of an object, each property of which is an option."""
    surcharges: Mapped[Records]
    """[{"option": "size", "value": "20 cm", "amount": "350.00"}], in the currency of the variant."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    product: Mapped[Product] = relationship(back_populates="option_schema", lazy="raise")
