"""The root of the schema: what a query can start from."""

import strawberry
from strawberry.schema.config import StrawberryConfig

import models
from auth.permissions import Gate, Permission
from auth.visibility import is_open_cart_of
from models.shop import SHOP_ID
from resolvers.database_health import database_overview
from resolvers.external_sign_in import identity_providers
from resolvers.paths import resolve_path
from resolvers.payments import options_of
from resolvers.revision_changes import revision_changes
from schema.accounts import Account
from schema.audit import AuditEntry
from schema.audit_lists import AuditFilter, AuditSort
from schema.cart_lists import CartFilter, CartSort
from schema.cart_problems import CART_PROBLEMS
from schema.carts import Cart
from schema.catalog import Category, Product, ProductVariant
from schema.catalog_lists import CategoryFilter, CategorySort, ProductFilter, ProductSort
from schema.changes import Mutation
from schema.content import Author, Post, PostCategory, PostFilter, PostSort
from schema.content_report import BY_DETAIL, ContentFinding, ContentFindingFilter
from schema.customer_orders import Order
from schema.database_health import READ_COST, DatabaseHealth
from schema.declare import argument, field, held, lookup, node_lookup, own, page, search, singleton
from schema.external_sign_in import IdentityProvider
from schema.jobs import BY_FAILURE, DeadLetter
from schema.menus import Menu
from schema.order_lists import OrderFilter, OrderSort
from schema.orders import BY_NAME, BY_POSITION
from schema.pages import PageQueries
from schema.paths import RESOLVING_COST, PathResolution
from schema.payments import Payment, PaymentOption
from schema.payments_lists import PaymentFilter, PaymentSort
from schema.promotions import PromoCode
from schema.promotions_lists import PromoCodeFilter, PromoCodeSort
from schema.provider_events import ProviderEvent, ProviderEventFilter, ProviderEventSort
from schema.relay import Connection, Node
from schema.releases import ReleaseQueries
from schema.reviews import Review
from schema.reviews_lists import ReviewFilter, ReviewSort
from schema.revisions import COMPARING_COST, FieldChange
from schema.scalars import SCALARS
from schema.search import SOURCES, SearchConnection, SearchType
from schema.services import Service, ServiceFilter, ServiceSort, ServiceTier
from schema.sessions import NEWEST_FIRST, Session, SessionFilter
from schema.shipping import ShippingMethod, ShippingMethodFilter
from schema.shop import Shop
from schema.stock import StockLevel
from schema.stock_lists import StockFilter, StockSort
from schema.subscriptions import Subscription
from schema.taxes import TaxClass
from schema.users import AccountFilter, AccountSort

NODES: dict[str, type[models.Base]] = {
    "AuditEntry": models.AuditEntry,
    "Author": models.Author,
    "Cart": models.Cart,
    "Category": models.Category,
    "DeadLetter": models.DeadLetter,
    "Menu": models.Menu,
    "Order": models.Order,
    "Page": models.Page,
    "PageComment": models.PageComment,
    "Payment": models.Payment,
    "PaymentMethod": models.PaymentMethod,
    "Post": models.Post,
    "PostCategory": models.PostCategory,
    "PostComment": models.PostComment,
    "Product": models.Product,
    "ProductVariant": models.ProductVariant,
    "PromoCode": models.PromoCode,
    "ProviderEvent": models.ProviderEvent,
    "Release": models.Release,
    "ReleaseItem": models.ReleaseItem,
    "Review": models.Review,
    "Revision": models.Revision,
    "Service": models.Service,
    "ServiceTier": models.ServiceTier,
    "ShippingMethod": models.ShippingMethod,
    "TaxClass": models.TaxClass,
}


@strawberry.type(description="Where every query starts.")
class Query(PageQueries, ReleaseQueries):
    """The root fields."""

    node: Node | None = node_lookup(NODES, "The object that a global id names; null when there is none.", several=False)
    nodes: list[Node | None] = node_lookup(
        NODES, "The objects that global ids name, in their order; null where there is none.", several=True
    )
    shop: Shop = singleton(models.Shop, SHOP_ID, "The shop itself.")
    resolve_path: PathResolution = field(
        lambda _root, info, path: resolve_path(info.context, path),
        "What a path of the shop's front end leads to. Whatever bore another slug once is found by that, too.",
        argument("path", str, "The path as a browser asked for it, such as `/products/switch`."),
        cost=RESOLVING_COST,
    )
    revision_changes: list[FieldChange] | None = field(
        lambda _root, info, **given: revision_changes(info.context, **given),
        "What is different between two versions of something that is edited in versions: from what readers see to the "
        "newest one, unless versions are given. Null when there is none, or its revisions are not for the viewer.",
        argument("item", strawberry.ID, "Its id."),
        argument("since", int | None, "The earlier version; what readers see when absent.", required=False),
        argument("until", int | None, "The later version; the newest when absent.", required=False),
        requires=Permission.CONTENT_READ,
        cost=COMPARING_COST,
    )
    identity_providers: list[IdentityProvider] = field(
        lambda _root, info: identity_providers(info.context), "Whom people may sign in with, besides with a password."
    )
    viewer: Account | None = own(
        models.User, "id", "The account of whoever asks; null for visitors and machines.", while_="is_active"
    )
    cart: Cart | None = held(
        models.Cart, is_open_cart_of, "The cart of whoever asks, with an account or as a guest; null without one."
    )
    my_sessions: Connection[Session] | None = page(
        models.UserSession,
        "The sign-ins of whoever asks, the newest first; also those that ended.",
        order=NEWEST_FIRST,
        filter=SessionFilter,
        owner="user_id",
        requires=Gate.SIGNED_IN,
    )
    product: Product | None = lookup(models.Product, "Product", "A product, by its id or its slug.", by=("id", "slug"))
    products: Connection[Product] = page(
        models.Product,
        "The products of the catalogue.",
        order=ProductSort.NEWEST,
        sort=ProductSort,
        filter=ProductFilter,
        relevance=ProductSort.RELEVANCE,
    )
    category: Category | None = lookup(
        models.Category, "Category", "A category, by its id or its slug.", by=("id", "slug")
    )
    categories: Connection[Category] = page(
        models.Category,
        "The categories of the catalogue.",
        order=CategorySort.POSITION,
        sort=CategorySort,
        filter=CategoryFilter,
    )
    service: Service | None = lookup(models.Service, "Service", "A service, by its id or its slug.", by=("id", "slug"))
    services: Connection[Service] = page(
        models.Service,
        "What the shop offers to do.",
        order=ServiceSort.POSITION,
        sort=ServiceSort,
        filter=ServiceFilter,
        relevance=ServiceSort.RELEVANCE,
    )
    post: Post | None = lookup(models.Post, "Post", "A blog post, by its id or its slug.", by=("id", "slug"))
    posts: Connection[Post] = page(
        models.Post,
        "The posts of the blog.",
        order=PostSort.NEWEST,
        sort=PostSort,
        filter=PostFilter,
        relevance=PostSort.RELEVANCE,
    )
    post_categories: Connection[PostCategory] = page(
        models.PostCategory, "The sections of the blog.", order=BY_POSITION
    )
    author: Author | None = lookup(models.Author, "Author", "An author, by its id or its slug.", by=("id", "slug"))
    authors: Connection[Author] = page(models.Author, "Who writes the blog, by name.", order=BY_NAME)
    content_findings: Connection[ContentFinding] | None = page(
        models.ContentFinding,
        "What is wrong with what is out; those with words in common stand beside each other.",
        order=BY_DETAIL,
        filter=ContentFindingFilter,
        requires=Permission.CONTENT_READ,
    )
    menu: Menu | None = lookup(models.Menu, "Menu", "A navigation menu, by its id or its code.", by=("id", "code"))
    menus: Connection[Menu] = page(models.Menu, "The navigation menus, by name.", order=BY_NAME)
    reviews: Connection[Review] = page(
        models.Review, "Reviews of all products.", order=ReviewSort.NEWEST, sort=ReviewSort, filter=ReviewFilter
    )
    search: SearchConnection = search(
        SOURCES, SearchType, "Products, services, posts and pages of text that answer a question, the best first."
    )
    user: Account | None = lookup(
        models.User,
        "Account",
        "An account, by its id or its e-mail address.",
        by=("id", "email"),
        requires=Permission.ACCOUNTS_READ,
    )
    users: Connection[Account] | None = page(
        models.User,
        "All accounts.",
        order=AccountSort.NEWEST,
        sort=AccountSort,
        filter=AccountFilter,
        requires=Permission.ACCOUNTS_READ,
    )
    promo_code: PromoCode | None = lookup(
        models.PromoCode,
        "PromoCode",
        "A promotion code, by its id or the code in capitals.",
        by=("id", "code"),
        requires=Permission.PROMOTIONS_READ,
    )
    promo_codes: Connection[PromoCode] | None = page(
        models.PromoCode,
        "All promotion codes, also those that ended.",
        order=PromoCodeSort.NEWEST,
        sort=PromoCodeSort,
        filter=PromoCodeFilter,
        requires=Permission.PROMOTIONS_READ,
    )
    shipping_methods: Connection[ShippingMethod] = page(
        models.ShippingMethod,
        "The ways to send things; `filter: { countryCode: … }` gives those that go to a country.",
        order=BY_POSITION,
        filter=ShippingMethodFilter,
    )
    tax_classes: Connection[TaxClass] | None = page(
        models.TaxClass,
        "The tax classes, by name.",
        order=BY_NAME,
        requires=Permission.CATALOG_READ,
    )
    audit_log: Connection[AuditEntry] | None = page(
        models.AuditEntry,
        "Who changed which row, from where.",
        order=AuditSort.NEWEST,
        sort=AuditSort,
        filter=AuditFilter,
        requires=Permission.AUDIT_READ,
    )
    stock_levels: Connection[StockLevel] | None = page(
        models.StockLevel,
        "The stock of all variants.",
        order=StockSort.SCARCEST,
        sort=StockSort,
        filter=StockFilter,
        requires=Permission.STOCK_READ,
    )
    order: Order | None = lookup(
        models.Order,
        "Order",
        "An order, by its id or its number: one's own, or with the permission orders:read any.",
        by=("id", "number"),
    )
    payment_options: list[PaymentOption] = field(
        lambda _root, info: options_of(info.context), "How customers may pay here, in the order of the shop."
    )
    payments: Connection[Payment] | None = page(
        models.Payment,
        "All payments.",
        order=PaymentSort.NEWEST,
        sort=PaymentSort,
        filter=PaymentFilter,
        requires=Permission.PAYMENTS_READ,
    )
    provider_events: Connection[ProviderEvent] | None = page(
        models.ProviderEvent,
        "What payment providers told the shop.",
        order=ProviderEventSort.NEWEST,
        sort=ProviderEventSort,
        filter=ProviderEventFilter,
        requires=Permission.PAYMENTS_READ,
    )
    orders: Connection[Order] = page(
        models.Order,
        "Orders: one's own, as an account or as a guest, or with the permission orders:read all.",
        order=OrderSort.NEWEST,
        sort=OrderSort,
        filter=OrderFilter,
    )
    carts: Connection[Cart] | None = page(
        models.Cart,
        "The carts of all buyers.",
        order=CartSort.LAST_CHANGED,
        sort=CartSort,
        filter=CartFilter,
        requires=Permission.CARTS_READ,
    )
    dead_letters: Connection[DeadLetter] | None = page(
        models.DeadLetter,
        "The jobs that were given up, the last one first.",
        order=BY_FAILURE,
        requires=Permission.JOBS_READ,
    )
    database_health: DatabaseHealth | None = field(
        lambda _root, info: database_overview(info.context),
        "How the database does.",
        requires=Permission.DATABASE_READ,
        cost=READ_COST,
    )


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[ProductVariant, ServiceTier, *CART_PROBLEMS],
    config=StrawberryConfig(scalar_map=SCALARS),
)
