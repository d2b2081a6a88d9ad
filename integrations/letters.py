"""Writes the letters: fills the templates, and makes the links that they ask to open."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from domain.errors import shown
from domain.mail_jobs import MailTemplate
from integrations.mail import Letter

TOKEN = "token"  # noqa: S105 - the name of a value
NUMBER = "number"
NAME = "name"
LINKED = re.compile(r"\w\.\w\w|[/@:]")
"""What mail programs make a link of, and what hardly a name of a person has."""

UNCUT = frozenset({TOKEN, "instructions", "new_email", "reason", "tracking_number", "tracking_url"})

SUBJECTS: Mapping[MailTemplate, str] = MappingProxyType(
    {
        MailTemplate.VERIFY_EMAIL: "Confirm your e-mail address",
        MailTemplate.RESET_PASSWORD: "Choose a new password",
        MailTemplate.NEW_SIGN_IN: "A new sign-in to your account",
        MailTemplate.PASSWORD_CHANGED: "Your password was changed",
        MailTemplate.INVITATION: "You are invited to {shop}",
        MailTemplate.EMAIL_CHANGED: "Your e-mail address was changed",
        MailTemplate.ALREADY_REGISTERED: "You have an account already",
        MailTemplate.ORDER_PLACED: "Your order {number}",
        MailTemplate.ORDER_CONFIRMED: "Your order {number} is confirmed",
        MailTemplate.ORDER_FAILED: "Your order {number} was given up",
        MailTemplate.ORDER_SHIPPED: "Your order {number} is on its way",
        MailTemplate.ORDER_DELIVERED: "Your order {number} has arrived",
        MailTemplate.ORDER_CANCELLED: "Your order {number} was cancelled",
        MailTemplate.ORDER_REFUNDED: "A refund for your order {number}",
    }
)

PAGES: Mapping[MailTemplate, str] = MappingProxyType(
    {
        MailTemplate.VERIFY_EMAIL: "/verify-email",
        MailTemplate.RESET_PASSWORD: "/reset-password",
        MailTemplate.NEW_SIGN_IN: "/account/security",
        MailTemplate.PASSWORD_CHANGED: "/forgot-password",
        MailTemplate.INVITATION: "/accept-invitation",
        MailTemplate.EMAIL_CHANGED: "/contact",
        MailTemplate.ALREADY_REGISTERED: "/forgot-password",
        **dict.fromkeys((template for template in MailTemplate if template.startswith("order_")), "/orders/{number}"),
    }
)
"""Which page of the frontend each letter leads to. A token goes there as `?token=…`."""


class LetterWriter:
    """Writes letters in the name of a shop, with links to its frontend."""

    def __init__(self, shop: str, frontend_url: str) -> None:
        self._shop = shop
        self._frontend_url = frontend_url.rstrip("/")
        self._templates = Environment(
            loader=PackageLoader("integrations", "mail_templates"),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def write(self, template: MailTemplate, values: Mapping[str, str | int]) -> Letter:
        """The letter, told those values. What people have typed is cut short and kept in one line."""
        subject = SUBJECTS[template].format(shop=self._shop, number=values.get(NUMBER))
        told = {name: _one_line(name, value) for name, value in values.items()}
        told |= {
            "subject": subject,
            "shop": self._shop,
            "home": self._frontend_url,
            "link": self._link(template, values),
        }
        return Letter(
            subject,
            self._templates.get_template(f"{template}.txt").render(told),
            self._templates.get_template(f"{template}.html").render(told),
        )

    def _link(self, template: MailTemplate, values: Mapping[str, str | int]) -> str:
        query = f"?{urlencode({TOKEN: values[TOKEN]})}" if TOKEN in values else ""
        return f"{self._frontend_url}{PAGES[template].format(number=values.get(NUMBER))}{query}"


def _one_line(name: str, value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    if name == NAME and LINKED.search(value):
        return ""  # whoever gave the address has typed the name: they may have us advertise to its owner
    return " ".join(value.split()) if name in UNCUT else shown(value)
