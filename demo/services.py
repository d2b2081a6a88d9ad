"""The demo services as rows, with their pricing tiers."""

from decimal import Decimal

from demo.files import Table, image_url
from domain.rendering import render_row
from models import Service, ServiceTier


def build_service(table: Table) -> Service:
    """A service with its tiers."""
    service = Service(
        description=table.pop("description").strip(),
        image_url=image_url(table.pop("image")),
        gallery=[image_url(file) for file in table.pop("gallery")],
        tiers=[ServiceTier(price=Decimal(tier.pop("price")), **tier) for tier in table.pop("tier")],
        **table,
    )
    render_row(service)
    return service
