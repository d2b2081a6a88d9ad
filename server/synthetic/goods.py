"""What synthetic products are: the category tree with the goods on its shelves, names, prices and options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from server.synthetic import words
from server.synthetic.data_set import scatter, turn

PRICES = tuple(Decimal(10 * round(15 * 1.02**step)) for step in range(400))
"""From 150 to some 400,000 birr, each two per cent above the one before."""
COSTS = tuple((price * Decimal("0.7")).quantize(Decimal("0.01")) for price in PRICES)
VARIANT_STEPS = 6
"""How much dearer the next variant is, in prices."""
DISCOUNT_STEPS = 8
"""How much dearer a product was, in prices."""
VARIANTS = (1, 3, 2, 1, 2, 3, 2)
"""How many variants products have, in turn."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category; only the lowest ones have goods."""

    name: str
    parent: int | None
    """The number of the category above, which is a lower one."""
    goods: Sequence[str] = ()


def list_shelves(departments: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]) -> list[Shelf]:
    """The category tree as a list, parents before children."""
    shelves: list[Shelf] = []
    for department, sections in departments.items():
        top = len(shelves)
        shelves.append(Shelf(department, None))
        for section, lowest in sections.items():
            middle = len(shelves)
            shelves.append(Shelf(section, top))
            shelves.extend(Shelf(name, middle, goods) for name, goods in lowest.items())
    return shelves


SHELVES = tuple(list_shelves(words.DEPARTMENTS))
GOODS = tuple((number, name) for number, shelf in enumerate(SHELVES) for name in shelf.goods)
BASE_PRICES = len(PRICES) - max(VARIANTS) * VARIANT_STEPS - DISCOUNT_STEPS
NUMBERS_PER_RUN = 999_983
DESIGNS = len(GOODS) * len(words.ADJECTIVES) * len(words.MATERIALS) * BASE_PRICES


@dataclass(frozen=True, slots=True)
class Design:
    """What one product is."""

    shelf: int
    noun: str
    adjective: str
    material: str
    step: int
    """The number of its default variant's price."""
    option: str
    values: Sequence[str]
    """What its variants are called; a single one has no options."""

    @property
    def name(self) -> str:
        """Sturdy Oak Writing Desk."""
        return f"{self.adjective} {self.material} {self.noun}"

    @property
    def is_discounted(self) -> bool:
        """Whether it was dearer before; every fourth product was."""
        return self.step % 4 == 0


def design(run: int, number: int) -> Design:
    """What the product of that number is in that run."""
    key, good = divmod(scatter(number + run * NUMBERS_PER_RUN, DESIGNS), len(GOODS))
    key, adjective = divmod(key, len(words.ADJECTIVES))
    step, material = divmod(key, len(words.MATERIALS))
    shelf, noun = GOODS[good]
    option, values = ("Size", words.SIZES) if number % 2 else ("Colour", words.COLOURS)
    return Design(
        shelf,
        noun,
        words.ADJECTIVES[adjective],
        words.MATERIALS[material],
        step,
        option,
        values[: turn(VARIANTS, number)],
    )
