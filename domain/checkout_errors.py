"""Why a cart does not become an order: each is something that the buyer can set right, or choose anew."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.discounting import SkippedCode
from domain.errors import DomainError


class CheckoutDetail(StrEnum):
    """What has to be known of the buyer."""

    EMAIL = "EMAIL"
    SHIPPING_ADDRESS = "SHIPPING_ADDRESS"
    SHIPPING_METHOD = "SHIPPING_METHOD"


NAMES: Final = {
    CheckoutDetail.EMAIL: "e-mail address",
    CheckoutDetail.SHIPPING_ADDRESS: "shipping address",
    CheckoutDetail.SHIPPING_METHOD: "shipping method",
}


class EmptyCartError(DomainError):
    """There is nothing to buy."""

    def __init__(self) -> None:
        super().__init__("There is nothing in the cart.")


class CartChangedError(DomainError):
    """The cart is not the one that the buyer saw."""

    def __init__(self, expected_version: int, current_version: int) -> None:
        super().__init__(
            f"The cart was changed since it was shown: it is at version {current_version}, not {expected_version}."
        )
        self.expected_version = expected_version
        self.current_version = current_version


class LinesNotForSaleError(DomainError):
    """Some lines cannot be bought any more, or not as they were chosen."""

    def __init__(self, line_ids: Sequence[UUID]) -> None:
        super().__init__("Some of what is in the cart cannot be bought any more. Its problems say what, and why.")
        self.line_ids = tuple(line_ids)


class DetailsMissingError(DomainError):
    """Something has to be known of the buyer before an order can be placed."""

    def __init__(self, missing: Sequence[CheckoutDetail]) -> None:
        names = " and no ".join(NAMES[detail] for detail in missing)
        super().__init__(f"The cart has no {names} yet. Set it with `setCartDetails`.")
        self.missing = tuple(missing)


class NotSentThereError(DomainError):
    """The goods cannot be sent as it was chosen."""

    def __init__(self) -> None:
        super().__init__("The goods are not sent there like this. Choose another shipping method, or another address.")


class PromotionNotApplicableError(DomainError):
    """A code of the cart takes nothing off."""

    def __init__(self, codes: Sequence[SkippedCode]) -> None:
        names = ", ".join(code.code for code in codes)
        super().__init__(f"These codes take nothing off: {names}. Take them out, or see to what they ask for.")
        self.codes = tuple(codes)


class PriceChangedError(DomainError):
    """It does not cost what the buyer was shown."""

    def __init__(self, expected: Decimal, total: Decimal, currency: str) -> None:
        super().__init__(f"It costs {total} {currency} now, not {expected}.")
        self.expected, self.total, self.currency = expected, total, currency


class PaymentMissingError(DomainError):
    """The order costs something, and nothing was said of how it is paid."""

    def __init__(self) -> None:
        super().__init__("Say how the order is paid. `paymentOptions` has the ways.")


class PaymentDeclinedError(DomainError):
    """The money was refused. What was reserved is free again, and the cart is open."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(f"The payment was declined. {reason or 'Try another way to pay.'}")
        self.reason = reason
