"""Which permissions concern the rows of a table: what `viewerCan` tells of them."""

from collections.abc import Mapping
from types import MappingProxyType

import models
from auth.permissions import Permission
from auth.viewer import Viewer


def _of_area(*areas: str) -> tuple[Permission, ...]:
    return tuple(permission for permission in Permission if permission.area in areas)


CATALOG = _of_area("catalog", "costs", "stock")
CONTENT = _of_area("content")
SERVICES = _of_area("services")

PERMISSIONS: Mapping[type[models.Base], tuple[Permission, ...]] = MappingProxyType(
    {
        models.AuditEntry: _of_area("audit"),
        models.Author: CONTENT,
        models.Cart: _of_area("carts"),
        models.Category: _of_area("catalog"),
        models.DeadLetter: _of_area("jobs"),
        models.Menu: CONTENT,
        models.Order: _of_area("orders", "payments"),
        models.Page: CONTENT,
        models.PageComment: CONTENT,
        models.Payment: _of_area("payments"),
        models.PaymentMethod: _of_area("payments"),
        models.Post: CONTENT,
        models.PostCategory: CONTENT,
        models.PostComment: CONTENT,
        models.Product: CATALOG,
        models.ProductVariant: CATALOG,
        models.PromoCode: _of_area("promotions"),
        models.ProviderEvent: _of_area("payments"),
        models.Release: CONTENT,
        models.ReleaseItem: CONTENT,
        models.Review: _of_area("reviews"),
        models.Revision: CONTENT,
        models.Service: SERVICES,
        models.ServiceTier: SERVICES,
        models.ShippingMethod: _of_area("shop"),
        models.TaxClass: _of_area("shop"),
        models.User: _of_area("accounts"),
    }
)


def granted_on(model: type[models.Base], viewer: Viewer) -> list[Permission]:
    """Those of the table's permissions that the viewer has, in the order of the vocabulary."""
    return [permission for permission in PERMISSIONS[model] if viewer.may(permission)]
