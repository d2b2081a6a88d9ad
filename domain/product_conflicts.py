"""What stands against writing a product, given what is stored: reserved stock, SKUs of others, missing categories."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from domain.product_state import Row, Stored
from domain.products import Merge, Problem, ProductData, VariantData
from models import BackorderPolicy


def find_conflicts(batch: Sequence[ProductData], stored: Stored, merge: Merge) -> dict[str, list[Problem]]:
    """Why products of the batch cannot be written, by their slugs; nothing for those that can."""
    found = {product.slug: [*_conflicts_of(product, stored, merge)] for product in batch}
    conflicts = {slug: problems for slug, problems in found.items() if problems}
    landing = {product.slug: product for product in batch if product.slug not in conflicts}
    while refused := _taken_skus(landing, stored.sku_owners) or _disputed_skus(landing):
        conflicts |= refused
        landing = {slug: product for slug, product in landing.items() if slug not in refused}
    return conflicts


def match_variants(variants: Sequence[VariantData], rows: Sequence[Row]) -> list[Row | None]:
    """The stored row of each variant: the one with its id, if it has one, else with its SKU or its option values."""
    by_id = {row["id"]: row for row in rows}
    known = [by_id.pop(variant.id, None) for variant in variants]
    by_sku = {row["sku"]: row for row in by_id.values()}
    matches = [
        row if variant.id else by_sku.pop(variant.sku, None) for variant, row in zip(variants, known, strict=True)
    ]
    by_values = {tuple(each["value"] for each in row["option_values"]): row for row in by_sku.values()}
    return [
        match or (None if variant.id else by_values.pop(variant.option_values, None))
        for variant, match in zip(variants, matches, strict=True)
    ]


def left_over(rows: Iterable[Row], matches: Iterable[Row | None]) -> list[Row]:
    """The stored rows that match nothing."""
    matched = {row["id"] for row in matches if row}
    return [row for row in rows if row["id"] not in matched]


def _conflicts_of(product: ProductData, stored: Stored, merge: Merge) -> Iterable[Problem]:
    if isinstance(product.category, str) and stored.categories.with_slug(product.category) is None:
        yield Problem(("category",), f"There is no category “{product.category}”.")
    if existing := stored.products.get(product.slug):
        if existing["deleted_at"] is not None:
            yield Problem(("slug",), f"The product “{product.slug}” lies in the trash. Take it out of there first.")
        yield from _reserved_stock(product, stored.variants.get(existing["id"], []), merge)


def _reserved_stock(product: ProductData, rows: Sequence[Row], merge: Merge) -> Iterable[Problem]:
    """Reserved units stay: a quantity does not fall below them unless orders may wait, nor does their variant go."""
    matches = match_variants(product.variants, rows)
    for index, (variant, row) in enumerate(zip(product.variants, matches, strict=True)):
        reserved = (row and row["reserved"]) or 0
        backordered = (row and row["backordered"]) or 0
        if merge.sets_stock and not _may_wait(variant, row, merge) and variant.quantity + backordered < reserved:
            reason = f"Reserved stock of {variant.sku} is {reserved}: its quantity cannot become {variant.quantity}."
            yield Problem(("variants", index, "quantity"), reason)
    for row in left_over(rows, matches):
        if row["reserved"]:
            reason = f"Reserved stock of {row['sku']} is {row['reserved']}: the variant cannot be removed."
            yield Problem(("variants",), reason)


def _may_wait(variant: VariantData, row: Row | None, merge: Merge) -> bool:
    """Whether orders may wait for units of it once it is written."""
    is_kept = row is not None and "backorder_policy" in merge.kept_of_variants
    policy = row["backorder_policy"] if row is not None and is_kept else variant.backorder_policy
    return bool(policy == BackorderPolicy.ALLOW)


def _taken_skus(landing: Mapping[str, ProductData], owners: Mapping[str, str]) -> dict[str, list[Problem]]:
    """SKUs of other products, unless those give them up in the same batch."""
    skus = {slug: {variant.sku for variant in product.variants} for slug, product in landing.items()}
    taken = defaultdict(list)
    for slug, product in landing.items():
        for index, variant in enumerate(product.variants):
            owner = owners.get(variant.sku, slug)
            if owner != slug and variant.sku in skus.get(owner, {variant.sku}):
                taken[slug].append(_sku_problem(index, variant, owner))
    return taken


def _disputed_skus(landing: Mapping[str, ProductData]) -> dict[str, list[Problem]]:
    """SKUs that an earlier product of the batch asks for as well."""
    disputed = {}
    claims: dict[str, str] = {}
    for slug, product in landing.items():
        found = [
            _sku_problem(index, variant, claims[variant.sku])
            for index, variant in enumerate(product.variants)
            if variant.sku in claims
        ]
        if found:
            disputed[slug] = found
        else:
            claims |= {variant.sku: slug for variant in product.variants}
    return disputed


def _sku_problem(index: int, variant: VariantData, owner: str) -> Problem:
    return Problem(("variants", index, "sku"), f"The SKU {variant.sku} belongs to the product “{owner}”.")
