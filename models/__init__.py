"""What is stored: tables and their constraints. Imports nothing of ours."""

from models.accounts import Role, SocialProvider, User
from models.addresses import Address
from models.analytics import AnalyticsPeriod, ContentAnalytics, ServiceAnalytics
from models.api_tokens import ApiToken
from models.audit import ActorKind, AuditAction, AuditChain, AuditedTable, AuditEntry
from models.base import Base
from models.carts import Cart, CartLine
from models.catalog import BackorderPolicy, Badge, Category, Product, ProductImage, ProductVariant, Tag, product_tags
from models.content import Author, Post, PostCategory, PostComment, post_tags
from models.external import ExternalIdentity, ExternalSignIn
from models.findings import ContentFinding, FindingKind
from models.fulfillments import Fulfillment, FulfillmentLine, ParcelStatus
from models.idempotency import IdempotencyKey
from models.integrity import IntegrityCheckLog, IntegrityStatus
from models.jobs import DeadLetter
from models.menus import Menu, MenuItem
from models.one_time_tokens import OneTimeToken, TokenPurpose
from models.option_schemas import ProductOptionSchema
from models.order_events import OrderEvent, OrderEventKind
from models.orders import FulfillmentStatus, Order, OrderDiscount, OrderLine, OrderStatus, PaymentStatus, order_counters
from models.pages import Page, PageComment
from models.payments import (
    EventOutcome,
    Payment,
    PaymentKind,
    PaymentMethod,
    PaymentState,
    PaymentTransaction,
    ProviderEvent,
    TransactionKind,
    TransactionState,
)
from models.promotions import (
    DiscountType,
    PromoCode,
    PromoCodeUse,
    promo_code_categories,
    promo_code_products,
)
from models.publishing import PublishingStatus
from models.releases import Release, ReleaseAction, ReleaseEvent, ReleaseItem, ReleaseStatus
from models.reviews import ModerationStatus, Review
from models.revisions import Revision
from models.second_factors import RecoveryCode, TotpCredential
from models.security_logs import SecurityEvent, UserSecurityLog
from models.services import BillingPeriod, Service, ServiceTier, ServiceType
from models.sessions import RefreshToken, SessionEnd, UserSession
from models.shipping import ShippingMethod, ShippingRateKind
from models.shop import Shop
from models.slugs import FormerSlug
from models.stock import MovementKind, StockLevel, StockMovement
from models.taxes import TaxClass, TaxRate
from models.throttles import Throttle, ThrottledAction, ThrottleScope

__all__ = [
    "ActorKind",
    "Address",
    "AnalyticsPeriod",
    "ApiToken",
    "AuditAction",
    "AuditChain",
    "AuditEntry",
    "AuditedTable",
    "Author",
    "BackorderPolicy",
    "Badge",
    "Base",
    "BillingPeriod",
    "Cart",
    "CartLine",
    "Category",
    "ContentAnalytics",
    "ContentFinding",
    "DeadLetter",
    "DiscountType",
    "EventOutcome",
    "ExternalIdentity",
    "ExternalSignIn",
    "FindingKind",
    "FormerSlug",
    "Fulfillment",
    "FulfillmentLine",
    "FulfillmentStatus",
    "IdempotencyKey",
    "IntegrityCheckLog",
    "IntegrityStatus",
    "Menu",
    "MenuItem",
    "ModerationStatus",
    "MovementKind",
    "OneTimeToken",
    "Order",
    "OrderDiscount",
    "OrderEvent",
    "OrderEventKind",
    "OrderLine",
    "OrderStatus",
    "Page",
    "PageComment",
    "ParcelStatus",
    "Payment",
    "PaymentKind",
    "PaymentMethod",
    "PaymentState",
    "PaymentStatus",
    "PaymentTransaction",
    "Post",
    "PostCategory",
    "PostComment",
    "Product",
    "ProductImage",
    "ProductOptionSchema",
    "ProductVariant",
    "PromoCode",
    "PromoCodeUse",
    "ProviderEvent",
    "PublishingStatus",
    "RecoveryCode",
    "RefreshToken",
    "Release",
    "ReleaseAction",
    "ReleaseEvent",
    "ReleaseItem",
    "ReleaseStatus",
    "Review",
    "Revision",
    "Role",
    "SecurityEvent",
    "Service",
    "ServiceAnalytics",
    "ServiceTier",
    "ServiceType",
    "SessionEnd",
    "ShippingMethod",
    "ShippingRateKind",
    "Shop",
    "SocialProvider",
    "StockLevel",
    "StockMovement",
    "Tag",
    "TaxClass",
    "TaxRate",
    "Throttle",
    "ThrottleScope",
    "ThrottledAction",
    "TokenPurpose",
    "TotpCredential",
    "TransactionKind",
    "TransactionState",
    "User",
    "UserSecurityLog",
    "UserSession",
    "order_counters",
    "post_tags",
    "product_tags",
    "promo_code_categories",
    "promo_code_products",
]
