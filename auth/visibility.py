"""Which rows a viewer may see: one predicate per table, for both executors. A row you may not see does not exist."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

import models
from auth.permissions import Permission
from auth.viewer import Viewer

PUBLIC_TABLES = frozenset(
    {
        "authors",
        "categories",
        "former_slugs",
        "menu_items",
        "menus",
        "pages",
        "post_categories",
        "post_tags",
        "posts",
        "product_images",
        "product_option_schemas",
        "product_tags",
        "product_variants",
        "products",
        "reviews",
        "service_tiers",
        "services",
        "shipping_methods",
        "shops",
        "stock_levels",
        "tags",
        "tax_classes",
        "tax_rates",
        "users",
    }
)
"""The tables whose rows every visitor sees alike. What is read from any other table is nobody else's business."""

REVISED: Mapping[str, Permission] = MappingProxyType(
    {
        "authors": Permission.CONTENT_READ,
        "categories": Permission.CATALOG_READ,
        "menus": Permission.CONTENT_READ,
        "pages": Permission.CONTENT_READ,
        "post_categories": Permission.CONTENT_READ,
        "posts": Permission.CONTENT_READ,
        "products": Permission.CATALOG_READ,
        "services": Permission.SERVICES_READ,
    }
)
"""The tables whose rows have revisions, and who may read those."""

Predicate = Callable[[Any, Viewer, bool], ColumnElement[bool]]


def visible(model: type[models.Base], entity: Any, viewer: Viewer, *, owned: bool = False) -> ColumnElement[bool]:
    """The condition under which the viewer sees a row of `entity`, which is `model` or an alias of it.

    `owned` rows are reached through an owner that was itself seen, so that the owner is not asked about again.
    A table without a predicate is readable by everybody.
    """
    predicate = PREDICATES.get(model)
    return predicate(entity, viewer, owned) if predicate else true()


def _category(category: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    is_kept = category.deleted_at.is_(None)
    return is_kept if viewer.may(Permission.CATALOG_READ) else and_(category.is_active, is_kept)


def _product(product: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What is active does not lie in the trash (a CHECK)."""
    is_kept: ColumnElement[bool] = product.deleted_at.is_(None)
    return is_kept if viewer.may(Permission.CATALOG_READ) else product.is_active


def _part_of_product(part: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if owned:
        return true()
    product = select(models.Product.id).where(models.Product.id == part.product_id)
    return product.where(_product(models.Product, viewer, owned)).exists()


def _service(service: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What is visible does not lie in the trash (a CHECK)."""
    is_kept: ColumnElement[bool] = service.deleted_at.is_(None)
    return is_kept if viewer.may(Permission.SERVICES_READ) else service.is_visible


def _tier(tier: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    is_shown: ColumnElement[bool] = true() if viewer.may(Permission.SERVICES_READ) else tier.is_visible
    if owned:
        return is_shown
    service = select(models.Service.id).where(models.Service.id == tier.service_id)
    return and_(is_shown, service.where(_service(models.Service, viewer, owned)).exists())


def _kept(row: Any, _viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    """What lies in the trash is there for nobody. Nothing goes there while something that is seen owns it."""
    return true() if owned else row.deleted_at.is_(None)


def _published(row: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    if viewer.may(Permission.CONTENT_READ):
        return row.deleted_at.is_(None)  # type: ignore[no-any-return]
    is_out = and_(row.status == models.PublishingStatus.PUBLISHED, row.published_at <= func.now())
    return and_(is_out, row.deleted_at.is_(None))


def _menu_item(item: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """A line that leads to what the viewer may not see is not there, and neither is what is below it."""
    return and_(
        _leads_to(models.Page, item.page_id, viewer),
        _leads_to(models.Post, item.post_id, viewer),
        _leads_to(models.PostCategory, item.post_category_id, viewer),
        _leads_to(models.Category, item.category_id, viewer),
        _leads_to(models.Product, item.product_id, viewer),
        _leads_to(models.Service, item.service_id, viewer),
    )


def _leads_to(model: Any, key: Any, viewer: Viewer) -> ColumnElement[bool]:
    there = select(model.id).where(model.id == key, visible(model, model, viewer)).correlate_except(model)
    return or_(key.is_(None), there.exists())


def _revision(revision: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What an item said before, and its draft, is for those who may read what is not out."""
    readable = [name for name, permission in REVISED.items() if viewer.may(permission)]
    return revision.table_name.in_(readable) if readable else false()


def _of_editors(_row: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What is said and planned of content is for those who may read what is not out."""
    return true() if viewer.may(Permission.CONTENT_READ) else false()


def _content_finding(_finding: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.CONTENT_READ) else false()


def _analytics(_counts: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.ANALYTICS_READ) else false()


def _review(review: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if viewer.may(Permission.REVIEWS_READ):
        return _part_of_product(review, viewer, owned)
    approved = review.status == models.ModerationStatus.APPROVED
    readable = approved if viewer.user_id is None else or_(approved, viewer.owns(review.user_id))
    return and_(readable, _part_of_product(review, viewer, owned))


def _dead_letter(_letter: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.JOBS_READ) else false()


def _audit_entry(entry: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What was emptied says nothing any more; it is there for the chain."""
    return entry.forgotten_at.is_(None) if viewer.may(Permission.AUDIT_READ) else false()


def _stock_movement(_movement: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.STOCK_READ) else false()


def _promo_code(_code: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """A code that is known is a discount that is taken."""
    return true() if viewer.may(Permission.PROMOTIONS_READ) else false()


def _cart(cart: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.CARTS_READ) else bought_by(viewer, cart)


def _cart_line(line: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if owned or viewer.may(Permission.CARTS_READ):
        return true()
    return select(models.Cart.id).where(models.Cart.id == line.cart_id, bought_by(viewer, models.Cart)).exists()


def bought_by(viewer: Viewer, row: Any) -> ColumnElement[bool]:
    """The condition that a row with `user_id` and `guest_id` is the viewer's, as an account or as a guest."""
    return or_(viewer.owns(row.user_id), viewer.holds(row.guest_id))


def _shipping_method(method: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.SHOP_READ) else method.is_active


def _tax_class(_class: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """Who keeps products says of what class they are. What is charged is no secret, but classes are the shop's own."""
    return true() if viewer.may(Permission.CATALOG_READ) or viewer.may(Permission.SHOP_READ) else false()


def _order(order: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.ORDERS_READ) else bought_by(viewer, order)


def _part_of_order(part: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if owned or viewer.may(Permission.ORDERS_READ):
        return true()
    return select(models.Order.id).where(models.Order.id == part.order_id, bought_by(viewer, models.Order)).exists()


def _order_event(event: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    seen = _part_of_order(event, viewer, owned)
    return seen if viewer.may(Permission.ORDERS_READ) else and_(event.is_public, seen)


def _packed_line(line: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if owned or viewer.may(Permission.ORDERS_READ):
        return true()
    parcel = select(models.Fulfillment.id).where(models.Fulfillment.id == line.fulfillment_id)
    return parcel.where(_part_of_order(models.Fulfillment, viewer, owned)).exists()


def _payment(payment: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """Whoever sees an order sees its payments only if it is theirs, or they may read payments."""
    if viewer.may(Permission.PAYMENTS_READ):
        return true()
    return select(models.Order.id).where(models.Order.id == payment.order_id, bought_by(viewer, models.Order)).exists()


def _payment_transaction(step: Any, viewer: Viewer, owned: bool) -> ColumnElement[bool]:
    if owned or viewer.may(Permission.PAYMENTS_READ):
        return true()
    payment = select(models.Payment.id).where(models.Payment.id == step.payment_id)
    return payment.where(_payment(models.Payment, viewer, owned)).exists()


def _provider_event(_event: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    return true() if viewer.may(Permission.PAYMENTS_READ) else false()


def is_open_cart_of(cart: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a cart is the one that the viewer fills: the account's, or else the guest's."""
    own = viewer.holds(cart.guest_id) if viewer.user_id is None else viewer.owns(cart.user_id)
    return and_(own, cart.completed_at.is_(None))


def _personal(row: Any, viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
    """What belongs to an account, and is nobody else's business but that of permitted staff."""
    return true() if viewer.may(Permission.ACCOUNTS_READ) else viewer.owns(row.user_id)


PREDICATES: Mapping[type[models.Base], Predicate] = MappingProxyType(
    {
        models.Category: _category,
        models.Product: _product,
        models.ProductVariant: _part_of_product,
        models.ProductImage: _part_of_product,
        models.ProductOptionSchema: _part_of_product,
        models.Service: _service,
        models.ServiceTier: _tier,
        models.Author: _kept,
        models.PostCategory: _kept,
        models.Post: _published,
        models.Page: _published,
        models.Menu: _kept,
        models.MenuItem: _menu_item,
        models.PageComment: _of_editors,
        models.PostComment: _of_editors,
        models.Release: _of_editors,
        models.ReleaseEvent: _of_editors,
        models.ReleaseItem: _of_editors,
        models.Revision: _revision,
        models.ContentAnalytics: _analytics,
        models.ContentFinding: _content_finding,
        models.ServiceAnalytics: _analytics,
        models.Review: _review,
        models.AuditEntry: _audit_entry,
        models.Cart: _cart,
        models.CartLine: _cart_line,
        models.DeadLetter: _dead_letter,
        models.StockMovement: _stock_movement,
        models.PromoCode: _promo_code,
        models.ShippingMethod: _shipping_method,
        models.TaxClass: _tax_class,
        models.Order: _order,
        models.OrderLine: _part_of_order,
        models.OrderDiscount: _part_of_order,
        models.OrderEvent: _order_event,
        models.Fulfillment: _part_of_order,
        models.FulfillmentLine: _packed_line,
        models.Payment: _payment,
        models.PaymentTransaction: _payment_transaction,
        models.ProviderEvent: _provider_event,
        models.Address: _personal,
        models.ApiToken: _personal,
        models.ExternalIdentity: _personal,
        models.PaymentMethod: _personal,
        models.UserSecurityLog: _personal,
        models.UserSession: _personal,
    }
)
