"""The root of all changes: what a mutation can do, one line for each. Whoever may do it is said in the line.

The lines of an area with many are in a file of its own, whose class the root inherits.
"""

import strawberry

from auth.permissions import Permission
from resolvers import jobs
from schema.account_mutations import AccountMutations
from schema.cart_mutations import CartMutations
from schema.category_mutations import CategoryMutations
from schema.checkout import CheckoutMutations
from schema.content_mutations import ContentMutations
from schema.counting_mutations import CountingMutations
from schema.declare import mutation
from schema.jobs_changes import DropDeadLetterInput, DropDeadLetterResult, ReplayDeadLetterInput, ReplayDeadLetterResult
from schema.menu_mutations import MenuMutations
from schema.option_schemas import OptionSchemaMutations
from schema.order_mutations import OrderMutations
from schema.own_account_mutations import OwnAccountMutations
from schema.page_mutations import PageMutations
from schema.payment_mutations import PaymentMutations
from schema.preview_mutations import PreviewMutations
from schema.product_imports import ProductImportMutations
from schema.product_mutations import ProductMutations
from schema.promotion_mutations import PromotionMutations
from schema.publishing_mutations import PublishingMutations
from schema.release_mutations import ReleaseMutations
from schema.review_mutations import ReviewMutations
from schema.service_mutations import ServiceMutations
from schema.shop_mutations import ShopMutations
from schema.site_mutations import SiteMutations
from schema.staff_mutations import StaffMutations
from schema.stock_mutations import StockMutations
from schema.tax_mutations import TaxMutations


@strawberry.type(description="Where every change starts. Several are made one after the other, each by itself.")
class Mutation(
    OrderMutations,
    AccountMutations,
    CartMutations,
    CategoryMutations,
    CheckoutMutations,
    OptionSchemaMutations,
    OwnAccountMutations,
    StaffMutations,
    ProductImportMutations,
    ProductMutations,
    ServiceMutations,
    PromotionMutations,
    ContentMutations,
    CountingMutations,
    MenuMutations,
    PageMutations,
    PreviewMutations,
    PublishingMutations,
    ReleaseMutations,
    ReviewMutations,
    SiteMutations,
    ShopMutations,
    PaymentMutations,
    StockMutations,
    TaxMutations,
):
    """The root fields. They are nullable, so that a failure of one leaves the answers of the others."""

    replay_dead_letter: ReplayDeadLetterResult | None = mutation(
        jobs.replay_dead_letter,
        "Have a job done again that was given up.",
        input=ReplayDeadLetterInput,
        requires=Permission.JOBS_WRITE,
    )
    drop_dead_letter: DropDeadLetterResult | None = mutation(
        jobs.drop_dead_letter,
        "Forget a job that was given up.",
        input=DropDeadLetterInput,
        requires=Permission.JOBS_WRITE,
    )
