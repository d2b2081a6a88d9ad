"""Making and changing services: what is asked for, and what comes of it."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

import models
from domain.bulk_editing import Edited
from domain.money import MOST_MONEY
from resolvers.editing import EditedItems, part_of
from resolvers.input_rules import KeyRule, NestedRule, PictureRule
from schema import editing
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken, TrashedItems
from schema.enums import BillingPeriod, ServiceType
from schema.inputs import LONGEST_URL, choice, items, key, mutation_input, number, picture_address, text
from schema.payloads import payload
from schema.problems import Conflict, InvalidInput, Problem
from schema.services import Service

MOST_TIERS = 50
LONGEST_TIER_NAME = 100
LONGEST_SHORT_DESCRIPTION = 500
LONGEST_ICON = 50
NAME = "The tier's name, such as `Essential`; the tiers of a service differ in it."
PLACE = "Its place among the tiers, from 0."
PERIOD = "How often the price is due."


def tier_name() -> Any:
    """The field for the name of a tier."""
    return text(NAME, longest=LONGEST_TIER_NAME, shortest=1)


def price() -> Any:
    """The field for what a tier costs."""
    return number("What it costs each billing period.", least=Decimal(0), most=MOST_MONEY)


def short_description() -> Any:
    """The field for what a service is in short."""
    return text("What it is, in a sentence or two.", longest=LONGEST_SHORT_DESCRIPTION)


def icon() -> Any:
    """The field for the icon of a service."""
    return text("The name of an icon; null for none.", longest=LONGEST_ICON, clearable=True)


def picture() -> Any:
    """The field for where the picture of a service is."""
    return picture_address("Where its picture is", longest=LONGEST_URL)


def gallery() -> Any:
    """The field for further pictures of a service."""
    return items("Where further pictures are.", PictureRule(longest=LONGEST_URL))


def new_tiers(description: str) -> Any:
    """A field for tiers that are new."""
    return items(description, NestedRule(makes=dict), most=MOST_TIERS)


@mutation_input("A new price of a service.")
class NewTierInput:
    """A tier."""

    name: str = tier_name()
    price: Decimal = price()
    billing_period: BillingPeriod | None = choice(PERIOD)
    features: list[str] | None = editing.words("What the price buys.")
    is_popular: bool | None = choice("Whether most customers choose it.")
    is_visible: bool | None = choice("Whether visitors see it.")
    position: int | None = editing.position(PLACE)


@mutation_input("Changes of a price of a service. What is left out stays as it is.")
class UpdateTierInput:
    """What is changed."""

    id: strawberry.ID = key("The tier.", "ServiceTier")
    name: str | None = tier_name()
    price: Decimal | None = price()
    billing_period: BillingPeriod | None = choice(PERIOD)
    features: list[str] | None = editing.words("What the price buys.")
    is_popular: bool | None = choice("Whether most customers choose it.")
    is_visible: bool | None = choice("Whether visitors see it.")
    position: int | None = editing.position(PLACE)


@mutation_input("A new service. Visitors do not see it until it is published.")
class CreateServiceInput:
    """A service."""

    title: str = editing.line("What it is called.", shortest=1)
    type: ServiceType = choice("What kind of work it is.")
    slug: str | None = editing.slug("Its name in addresses; made of the title when absent.")
    short_description: str | None = short_description()
    description: str | None = editing.long_text("What it is, as Markdown.")
    icon: str | None = icon()
    features: list[str] | None = editing.words("What it includes.")
    image_url: str | None = picture()
    gallery: list[str] | None = gallery()
    is_popular: bool | None = choice("Whether it is often asked for.")
    position: int | None = editing.position("Its place among the services.")
    tiers: list[NewTierInput] | None = new_tiers("Its prices, in the order to show them.")
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    seo_keywords: list[str] | None = editing.words("What it is about.")
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of a service. What is left out stays as it is.")
class UpdateServiceInput:
    """What is changed."""

    id: strawberry.ID = key("The service.", "Service")
    expected_version: int = editing.expected_version()
    title: str | None = editing.line("What it is called.", shortest=1)
    type: ServiceType | None = choice("What kind of work it is.")
    slug: str | None = editing.slug()
    short_description: str | None = short_description()
    description: str | None = editing.long_text("What it is, as Markdown.")
    icon: str | None = icon()
    features: list[str] | None = editing.words("What it includes.")
    image_url: str | None = picture()
    gallery: list[str] | None = gallery()
    is_popular: bool | None = choice("Whether it is often asked for.")
    position: int | None = editing.position("Its place among the services.")
    add_tiers: list[NewTierInput] | None = new_tiers("Prices to add.")
    update_tiers: list[UpdateTierInput] | None = items(
        "Prices to change; the others stay as they are.", NestedRule(makes=part_of), most=MOST_TIERS
    )
    remove_tiers: list[strawberry.ID] | None = items(
        "Prices to remove.", KeyRule(type_name="ServiceTier"), most=MOST_TIERS
    )
    seo_title: str | None = editing.line("Its title for search engines; null for its own.", clearable=True)
    seo_description: str | None = editing.line("Its summary for search engines; null for none.", clearable=True)
    seo_keywords: list[str] | None = editing.words("What it is about.")
    internal_notes: str | None = editing.long_text("What only staff should know.", clearable=True)


@mutation_input("Changes of several services, each by itself.")
class UpdateServicesInput:
    """Services."""

    items: list[UpdateServiceInput] = editing.changes()


@mutation_input("A service as an editor has read it.")
class ReadServiceInput:
    """A service and its version."""

    id: strawberry.ID = key("The service.", "Service")
    expected_version: int = editing.version_read()


@mutation_input("Which services to put into the trash, where nobody sees them.")
class TrashServicesInput:
    """Services."""

    items: list[ReadServiceInput] = editing.read_items()


@mutation_input("Which services to take out of the trash. Visitors do not see them until they are published.")
class RestoreServicesInput:
    """Services."""

    ids: list[strawberry.ID] = editing.keys("Service")


@mutation_input("Which version a service is to say again.")
class RestoreServiceRevisionInput:
    """A service and one of its versions."""

    id: strawberry.ID = key("The service.", "Service")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@mutation_input("Which service readers are to see.")
class PublishServiceInput:
    """A service as it was read."""

    id: strawberry.ID = key("The service.", "Service")
    expected_version: int = editing.version_read()


@mutation_input("Which service readers are to see no more.")
class UnpublishServiceInput:
    """A service as it was read."""

    id: strawberry.ID = key("The service.", "Service")
    expected_version: int = editing.version_read()


@payload(Edited, "What became of one service.")
class EditedService:
    """A service, or a problem."""

    service: Service | None = editing.edited_item(models.Service)
    problem: Problem | None = editing.edited_problem()


@payload(EditedItems, "What became of the changes of several services, each by itself.")
class EditedServices:
    """The results."""

    results: list[EditedService] = strawberry.field(description="One for each change, in their order.")


CreateServiceResult = Annotated[
    Service | InvalidInput | SlugTaken,
    strawberry.union("CreateServiceResult", description="The new service, or why there is none."),
]
UpdateServiceResult = Annotated[
    Service | InvalidInput | ItemNotFound | SlugTaken | Conflict,
    strawberry.union("UpdateServiceResult", description="The service, or why it is as it was."),
]
UpdateServicesResult = Annotated[
    EditedServices | InvalidInput,
    strawberry.union("UpdateServicesResult", description="What became of each change."),
]
TrashServicesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashServicesResult", description="What became of each."),
]
RestoreServicesResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestoreServicesResult", description="What became of each."),
]
RestoreServiceRevisionResult = Annotated[
    Service | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestoreServiceRevisionResult", description="The service, or why it says what it said."),
]
PublishServiceResult = Annotated[
    Service | InvalidInput | ItemNotFound | Conflict | SlugTaken,
    strawberry.union("PublishServiceResult", description="The service, or why readers see what they saw."),
]
UnpublishServiceResult = Annotated[
    Service | InvalidInput | ItemNotFound | Conflict,
    strawberry.union("UnpublishServiceResult", description="The service, or why readers see it still."),
]
