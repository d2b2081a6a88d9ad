"""Mail that goes out after a transaction: which letters there are, and the job that sends one."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.outbox import Job, Priority

SEND_MAIL = "send_mail"


class MailTemplate(StrEnum):
    """A letter. integrations/mail_templates/ has its text and HTML under the value."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a letter's name
    NEW_SIGN_IN = "new_sign_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a letter's name
    INVITATION = "invitation"
    EMAIL_CHANGED = "email_changed"
    ALREADY_REGISTERED = "already_registered"
    ORDER_PLACED = "order_placed"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_FAILED = "order_failed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"


MAIL_VALUES: Mapping[MailTemplate, frozenset[str]] = MappingProxyType(
    {
        MailTemplate.VERIFY_EMAIL: frozenset({"name", "token", "hours"}),
        MailTemplate.RESET_PASSWORD: frozenset({"name", "token", "minutes"}),
        MailTemplate.NEW_SIGN_IN: frozenset({"name", "time", "device", "address"}),
        MailTemplate.PASSWORD_CHANGED: frozenset({"name", "time"}),
        MailTemplate.INVITATION: frozenset({"name", "inviter", "token", "days"}),
        MailTemplate.EMAIL_CHANGED: frozenset({"name", "new_email", "time"}),
        MailTemplate.ALREADY_REGISTERED: frozenset({"name"}),
        MailTemplate.ORDER_PLACED: frozenset({"name", "number", "total", "instructions"}),
        MailTemplate.ORDER_CONFIRMED: frozenset({"name", "number", "total"}),
        MailTemplate.ORDER_FAILED: frozenset({"name", "number"}),
        MailTemplate.ORDER_SHIPPED: frozenset(
            {"name", "number", "parcel", "carrier", "tracking_number", "tracking_url", "estimated_delivery"}
        ),
        MailTemplate.ORDER_DELIVERED: frozenset({"name", "number"}),
        MailTemplate.ORDER_CANCELLED: frozenset({"name", "number", "reason"}),
        MailTemplate.ORDER_REFUNDED: frozenset({"name", "number", "amount"}),
    }
)
"""What each letter needs to be told. A `token` goes into the link that the letter asks to open; `time` is a text such
as 21 November 2026, 14:30 UTC; the `number` of an order goes into the link."""


class WrongMailValuesError(Exception):
    """The code that sends a letter does not tell it what it needs."""

    def __init__(self, template: MailTemplate, given: frozenset[str]) -> None:
        expected = ", ".join(sorted(MAIL_VALUES[template]))
        super().__init__(f"The letter {template} needs {expected}, and was given {', '.join(sorted(given))}.")


def send_mail(template: MailTemplate, to: str, values: Mapping[str, str | int]) -> Job:
    """The job that sends a letter to that address. Raises WrongMailValuesError."""
    given = frozenset(values)
    if given != MAIL_VALUES[template]:
        raise WrongMailValuesError(template, given)
    return Job(SEND_MAIL, {"template": template, "to": to, "values": values}, priority=Priority.LAST)
