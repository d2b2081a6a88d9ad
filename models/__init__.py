"""What is stored: tables and their constraints. Imports nothing of ours."""

from models.accounts import Role, SocialProvider, User
from models.base import Base
from models.catalog import BackorderPolicy, Badge, Category, Product, ProductImage, ProductVariant, Tag, product_tags
from models.content import Author, Post, PostCategory, PublishingStatus, post_tags
from models.jobs import DeadLetter
from models.reviews import ModerationStatus, Review
from models.services import BillingPeriod, Service, ServiceTier, ServiceType
from models.shop import Shop
from models.stock import StockLevel

__all__ = [
    "Author",
    "BackorderPolicy",
    "Badge",
    "Base",
    "BillingPeriod",
    "Category",
    "DeadLetter",
    "ModerationStatus",
    "Post",
    "PostCategory",
    "Product",
    "ProductImage",
    "ProductVariant",
    "PublishingStatus",
    "Review",
    "Role",
    "Service",
    "ServiceTier",
    "ServiceType",
    "Shop",
    "SocialProvider",
    "StockLevel",
    "Tag",
    "User",
    "post_tags",
    "product_tags",
]
