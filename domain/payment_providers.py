"""Payment providers: what one is asked for, what it answers, and what it tells by itself. Values and the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from domain.errors import DomainError
from models import PaymentKind, PaymentState, TransactionState

ZERO = Decimal("0.00")


class PaymentProviderAwayError(Exception):
    """The provider did not answer, or not so that one could know what it did. Whatever was asked for may be done."""


class PaymentStepRefusedError(Exception):
    """The provider does not do what it was asked for, and has not. Its text may be shown."""


class ForgedEventError(DomainError):
    """A message that no provider has signed, or not lately. Why exactly is nobody's business."""

    def __init__(self) -> None:
        super().__init__("The message is not signed as it should be.")


class PaymentKindNotOfferedError(DomainError):
    """The shop does not take that kind of payment."""

    def __init__(self, kind: PaymentKind) -> None:
        super().__init__(f"Nobody can pay here with {kind.value}. See `paymentOptions`.")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Source:
    """What the money is taken from, by the provider's own names: of a card that was kept also its customer."""

    reference: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment that is to begin. The same request again, by its id, never begins a second one."""

    payment_id: UUID
    order_number: str
    amount: Decimal
    currency: str
    kind: PaymentKind
    source: Source | None = None
    """What the money is taken from; None leaves that to the customer's browser, with the `client_secret`."""
    return_url: str | None = None
    """Where the customer's browser comes back to from their bank."""
    email: str | None = None
    keeping: "Keeping | None" = None
    """With it the source is kept for the next time, once the money is promised or taken."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """For whom a source is to be kept."""

    user_id: UUID
    customer: str | None = None
    """What the provider calls them; None makes them known to it."""


@dataclass(frozen=True, slots=True)
class KeptSource:
    """A source that the provider has kept."""

    source: Source
    kind: PaymentKind
    label: str
    """What its owner knows it by, such as Visa, ending in 4242."""
    mark: str
    """What tells the card from others, however often it is kept."""


@dataclass(frozen=True, slots=True)
class SoughtPayment:
    """A payment that a provider may know: by its own reference or, where its answer was lost, by our id."""

    payment_id: UUID
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class ConcernedPayment:
    """The payment that a message is about."""

    reference: str
    payment_id: UUID | None = None
    """Our own id, if the message has it."""
    alarm: str | None = None
    """Why somebody has to look at it, whatever the provider says of the payment itself."""


@dataclass(frozen=True, slots=True)
class ReportedRefund:
    """Money that went back or is on its way; once it has FAILED it is with the shop again, whatever was said before."""

    reference: str
    amount: Decimal
    state: TransactionState
    step_id: UUID | None = None
    """Our own step, where it was asked for by us."""
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """All that a provider knows of a payment at one moment. It may come late, twice, and after what is newer."""

    state: PaymentState
    amount: Decimal
    currency: str
    reference: str | None = None
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    refunds: tuple[ReportedRefund, ...] = ()
    """The latest ones, each by itself."""
    client_secret: str | None = field(default=None, repr=False)
    """With it the customer's browser goes on, in the state REQUIRES_ACTION."""
    failure: str | None = None
    """Why it was declined, in words for the customer."""


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What became of money that was to go back."""

    state: TransactionState
    reference: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """A message that the provider has signed. It is believed that something happened, and not what: that is asked."""

    id: str
    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """A step of a payment that began. The same key never does it twice."""

    payment: SoughtPayment
    agreed: Decimal
    """What was to be paid."""
    amount: Decimal
    """What the step moves: no more than that."""
    currency: str
    key: str


class PaymentProvider(Protocol):
    """Somebody who moves money for the shop. Every method may raise PaymentProviderAwayError."""

    @property
    def name(self) -> str:
        """How payments remember it."""

    @property
    def kinds(self) -> frozenset[PaymentKind]:
        """What it can do."""

    @property
    def can_be_asked(self) -> bool:
        """Whether it knows more of a payment than it is told, so that jobs look it up."""

    def begins_as(self, kind: PaymentKind) -> PaymentState | None:
        """The state in which a payment of that kind begins, all of it; None where only `start` can say.

        The order is placed with it, and nobody is asked.
        """

    async def start(self, asked: PaymentRequest) -> PaymentOutcome:
        """Begin to take the money, or say how far that is if it was begun before. A refusal is the state FAILED."""

    async def look_up(self, sought: SoughtPayment) -> PaymentOutcome | None:
        """What it knows; None when it knows no such payment."""

    async def capture(self, step: PaymentStep) -> PaymentOutcome:
        """Take what was promised. Raises PaymentStepRefusedError."""

    async def cancel(self, payment: SoughtPayment, key: str) -> PaymentOutcome | None:
        """Let go of what was promised or begun, and say what it came to; None when it knows no such payment."""

    async def refund(self, step: PaymentStep) -> RefundOutcome:
        """Give money back. Raises PaymentStepRefusedError."""

    async def look_up_refund(self, reference: str) -> RefundOutcome:
        """What became of money that was on its way back."""

    async def kept_source(self, payment: SoughtPayment) -> KeptSource | None:
        """What was kept of that payment; None when nothing was."""

    async def forget_source(self, reference: str) -> None:
        """Keep a source no more; again it changes nothing."""

    def read_event(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ReportedEvent:
        """The message of a webhook, whose header names are in lower case. Raises ForgedEventError."""

    def payment_of(self, payload: Mapping[str, Any]) -> ConcernedPayment | None:
        """The payment that a message is about; None when it is about none."""

    async def close(self) -> None:
        """Let its connections go."""


@dataclass(frozen=True, slots=True)
class PaymentOption:
    """A kind of payment that customers may choose."""

    kind: PaymentKind
    provider: str
    public_key: str | None = None
    """What the provider's script in the browser is started with."""
    instructions: str | None = None
    """What the customer is to do, such as where to transfer the money."""


@dataclass(frozen=True, slots=True)
class PaymentProviders:
    """Those that the shop has, and which of them carries out what."""

    by_name: Mapping[str, PaymentProvider] = field(default_factory=lambda: MappingProxyType({}))
    options: tuple[PaymentOption, ...] = ()

    def for_kind(self, kind: PaymentKind) -> PaymentProvider:
        """The provider of that kind of payment. Raises PaymentKindNotOfferedError."""
        found = next((option for option in self.options if option.kind is kind), None)
        if found is None:
            raise PaymentKindNotOfferedError(kind)
        return self.by_name[found.provider]

    def instructions(self, kind: PaymentKind) -> str | None:
        """What customers who pay so have to do, in words for them."""
        return next((option.instructions for option in self.options if option.kind is kind), None)

    def named(self, name: str) -> PaymentProvider:
        """The provider that carried out a payment. Raises PaymentProviderAwayError if the shop has it no more."""
        found = self.by_name.get(name)
        if found is None:
            raise PaymentProviderAwayError(f"The shop has no payment provider {name} any more.")
        return found

    async def aclose(self) -> None:
        """Let all connections go."""
        for provider in self.by_name.values():
            await provider.close()
