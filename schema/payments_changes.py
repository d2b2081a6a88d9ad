"""What the staff does with payments, and customers with ways to pay: what is asked for, and what comes of it."""

from decimal import Decimal
from typing import Annotated

import strawberry

from domain.money import CENT, MOST_MONEY
from domain.order_refunds import NothingToRefundError
from domain.payment_methods import PaymentMethodNotFoundError
from domain.payment_steps import CaptureTooLargeError, PaymentNotByHandError, PaymentStateRefusedError
from domain.payment_transactions import PaymentStepPendingError
from domain.payments import PaymentNotFoundError
from domain.refunding import RefundTooLargeError
from models.idempotency import LONGEST_KEY
from models.payments import LONGEST_REFUND_REASON
from resolvers.input_rules import NestedRule
from resolvers.orders import UnitsOfLine
from schema.enums import PaymentState
from schema.inputs import choice, items, key, mutation_input, number, text
from schema.order_changes import OrderNotFound, OrderUnitsInput, UnitsNotThere, read_version
from schema.payloads import Done
from schema.payments import Payment, PaymentTransaction
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.scalars import CurrencyCode
from schema.stock_changes import ONCE, IdempotencyMismatch


@mutation_input("Money of an order that is to go back. Without an amount and without lines it is all that is left.")
class RefundOrderInput:
    """A refund."""

    order_id: strawberry.ID = key("The order.", "Order")
    amount: Decimal | None = number("How much; else what the lines cost.", least=CENT, most=MOST_MONEY)
    lines: list[OrderUnitsInput] | None = items(
        "The units that it is for. Those that are not packed yet are not sent any more.", NestedRule(makes=UnitsOfLine)
    )
    reason: str = text("Why, in words for the buyer.", longest=LONGEST_REFUND_REASON, shortest=1)
    restocks: bool | None = choice("Whether units that had been sent are back, and can be sold again; else not.")
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("A bank transfer that came in, or cash that was paid at the door.")
class ConfirmPaymentInput:
    """A payment by hand."""

    payment_id: strawberry.ID = key("The payment.", "Payment")
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("Money that was promised, and is to be taken.")
class CapturePaymentInput:
    """A capture."""

    payment_id: strawberry.ID = key("The payment.", "Payment")
    amount: Decimal | None = number("How much; all when absent. The rest is let go of.", least=CENT, most=MOST_MONEY)
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("Money that was promised or asked for, and is not to be taken.")
class CancelPaymentInput:
    """A cancellation."""

    payment_id: strawberry.ID = key("The payment.", "Payment")
    reason: str | None = text("Why.", longest=LONGEST_REFUND_REASON)
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("A payment that somebody has looked at.")
class SettlePaymentAttentionInput:
    """A payment."""

    payment_id: strawberry.ID = key("The payment.", "Payment")
    expected_version: int = read_version()


@mutation_input("Which of one's own ways to pay to forget.")
class DeletePaymentMethodInput:
    """A way to pay."""

    id: strawberry.ID = key("The way to pay.", "PaymentMethod")


@problem(PaymentNotFoundError, "There is no such payment.")
class PaymentNotFound(Problem):
    """Look at the order again."""


@problem(PaymentNotByHandError, "What became of the payment is known by its provider alone.")
class PaymentNotByHand(Problem):
    """It says so itself."""

    provider: str = strawberry.field(description="The provider.")


@problem(PaymentStateRefusedError, "The payment is not where that can be done.")
class PaymentStateRefused(Problem):
    """Read it again."""

    status: PaymentState = strawberry.field(description="Where it is.")


@problem(PaymentStepPendingError, "Another step of the payment is under way.")
class PaymentStepPending(Problem):
    """Look again in a moment."""


@problem(CaptureTooLargeError, "More is to be taken than was promised.")
class CaptureTooLarge(Problem):
    """Take less."""

    asked: Decimal = strawberry.field(description="How much was asked for.")
    authorized: Decimal = strawberry.field(description="How much was promised.")
    currency: CurrencyCode = strawberry.field(name="currencyCode", description="Of which currency.")


@problem(RefundTooLargeError, "More is to go back than was taken and is not given back yet.")
class RefundTooLarge(Problem):
    """Give back less."""

    asked: Decimal = strawberry.field(description="How much was asked for.")
    left: Decimal = strawberry.field(description="How much is left.")
    currency: CurrencyCode = strawberry.field(name="currencyCode", description="Of which currency.")


@problem(NothingToRefundError, "There is no money of the order that could be given back.")
class NothingToRefund(Problem):
    """Look at its payments."""


@problem(PaymentMethodNotFoundError, "The viewer has kept no such way to pay.")
class PaymentMethodNotFound(Problem):
    """It may be deleted already."""


RefundOrderResult = Annotated[
    PaymentTransaction
    | InvalidInput
    | OrderNotFound
    | UnitsNotThere
    | NothingToRefund
    | RefundTooLarge
    | PaymentNotFound
    | Conflict
    | IdempotencyMismatch,
    strawberry.union("RefundOrderResult", description="The refund that has begun, or why there is none."),
]
ConfirmPaymentResult = Annotated[
    Payment | InvalidInput | PaymentNotFound | PaymentNotByHand | IdempotencyMismatch,
    strawberry.union("ConfirmPaymentResult", description="The payment, or why it is as it was."),
]
CapturePaymentResult = Annotated[
    Payment
    | InvalidInput
    | PaymentNotFound
    | PaymentStateRefused
    | CaptureTooLarge
    | PaymentStepPending
    | IdempotencyMismatch,
    strawberry.union("CapturePaymentResult", description="The payment, whose money is about to be taken, or why not."),
]
CancelPaymentResult = Annotated[
    Payment | InvalidInput | PaymentNotFound | PaymentStateRefused | PaymentStepPending | IdempotencyMismatch,
    strawberry.union("CancelPaymentResult", description="The payment, which is about to be let go of, or why not."),
]
SettlePaymentAttentionResult = Annotated[
    Payment | InvalidInput | PaymentNotFound | Conflict,
    strawberry.union("SettlePaymentAttentionResult", description="The payment, or why it is as it was."),
]
DeletePaymentMethodResult = Annotated[
    Done | InvalidInput | PaymentMethodNotFound,
    strawberry.union("DeletePaymentMethodResult", description="Whether it is forgotten."),
]
