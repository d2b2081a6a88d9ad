"""Which rows have to change for a batch of products to be as its data says. Pure: no statement is sent here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.product_conflicts import find_conflicts, left_over, match_variants
from domain.product_rows import image_row, kept_columns, kept_markdown, product_row, stock_row, variant_row
from domain.product_state import Row, Stored
from domain.products import CategoryPath, Fate, Merge, Outcome, ProductData, VariantData
from domain.slugs import slugify


@dataclass(slots=True)
class Changes:
    """The rows to insert, update and delete, by the names of their tables."""

    inserted: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    updated: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    deleted: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    renamed: list[Row] = field(default_factory=list)
    """The variants whose SKU changes, as they are stored."""

    def put(self, table: str, row: Row, stored: Row | None) -> bool:
        """Note the row if it is new or differs from what is stored, and say whether it does."""
        if stored is None:
            self.inserted[table].append(row)
            return True
        if any(stored[name] != value for name, value in row.items()):
            self.updated[table].append(row)
            return True
        return False


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each product of a batch, in its order, and the rows that make it so."""

    outcomes: list[Outcome]
    changes: Changes


def plan(batch: Sequence[ProductData], stored: Stored, merge: Merge) -> Plan:
    """Work out what to write. The batch's slugs differ, and none of its products breaks a rule by itself."""
    conflicts = find_conflicts(batch, stored, merge)
    changes = Changes()
    outcomes = [
        Outcome(product.slug, Fate.REFUSED, problems=tuple(conflicts[product.slug]))
        if product.slug in conflicts
        else _Planner(product, stored, merge, changes).plan()
        for product in batch
    ]
    changes.inserted["categories"] += [branch.row() for branch in stored.categories.added]
    return Plan(outcomes, changes)


class _Planner:
    """Notes the changes of one product."""

    def __init__(self, product: ProductData, stored: Stored, merge: Merge, changes: Changes) -> None:
        self.product = product
        self.stored = stored
        self.merge = merge
        self.changes = changes
        self.existing = stored.products.get(product.slug)
        self.product_id: UUID = self.existing["id"] if self.existing else uuid7()
        self.is_touched = False
        """Whether anything but stock changes; then the product's own time of change moves."""

    def plan(self) -> Outcome:
        """Note every row, the variants' before the product's, which repeats the first one's prices."""
        rows = self.stored.variants.get(self.product_id, [])
        matches = match_variants(self.product.variants, rows)
        self._remove("product_variants", left_over(rows, matches))
        variants = self._put_variants(matches, self._put_images())
        self._put_tags()
        stock_changes = self._put_stock(variants, matches)
        self._put_product(variants[0])
        return Outcome(self.product.slug, self._fate(stock_changes=stock_changes), self.product_id)

    def _fate(self, *, stock_changes: bool) -> Fate:
        if self.existing is None:
            return Fate.CREATED
        return Fate.UPDATED if self.is_touched or stock_changes else Fate.UNCHANGED

    def _put(self, table: str, row: Row, stored: Row | None) -> None:
        self.is_touched |= self.changes.put(table, row, stored)

    def _remove(self, table: str, rows: Sequence[Row]) -> None:
        self.is_touched |= bool(rows)
        self.changes.deleted[table] += rows

    def _put_images(self) -> dict[str | None, UUID]:
        """Note the pictures; gives their ids by their addresses."""
        if "images" in self.merge.kept and self.existing:
            return {}
        rows = self.stored.images.get(self.product_id, [])
        by_url = {row["url"]: row for row in rows}
        ids: dict[str | None, UUID] = {}
        for place, image in enumerate(self.product.images):
            stored = by_url.get(image.url)
            ids[image.url] = stored["id"] if stored else uuid7()
            self._put("product_images", image_row(image, ids[image.url], self.product_id, place), stored)
        used = set(ids.values())
        self._remove("product_images", [row for row in rows if row["id"] not in used])
        return ids

    def _put_variants(self, matches: Sequence[Row | None], images: dict[str | None, UUID]) -> list[Row]:
        rows = []
        for place, (variant, stored) in enumerate(zip(self.product.variants, matches, strict=True)):
            keys = {"id": stored["id"] if stored else variant.id or uuid7(), "product_id": self.product_id}
            keys["image_id"] = images.get(variant.image_url)
            row = variant_row(variant, self.product.options, place, keys)
            if stored:
                row |= kept_columns(self.merge.kept_of_variants, stored)
                self.changes.renamed += [stored] if stored["sku"] != variant.sku else []
            self._put("product_variants", row, stored)
            rows.append(row)
        return rows

    def _put_stock(self, variants: Sequence[Row], matches: Sequence[Row | None]) -> bool:
        """Note the stock levels, and say whether one changes."""
        changes = [
            self.changes.put("stock_levels", *self._stock(data, variant["id"], match))
            for data, variant, match in zip(self.product.variants, variants, matches, strict=True)
        ]
        return any(changes)

    def _stock(self, data: VariantData, variant_id: UUID, match: Row | None) -> tuple[Row, Row | None]:
        """The stock level of a variant as it has to be, and as it is stored."""
        if match is None or match["stock_id"] is None:
            return stock_row(data, uuid7(), variant_id), None
        row = stock_row(data, match["stock_id"], variant_id)
        stored = {name: match[name] for name in ("quantity", "minimum_level")} | {
            "id": match["stock_id"],
            "variant_id": variant_id,
        }
        if not self.merge.sets_stock:
            row["quantity"] = stored["quantity"]
        if "minimum_level" in self.merge.kept_of_variants:
            row["minimum_level"] = stored["minimum_level"]
        return row, stored

    def _put_tags(self) -> None:
        if "tags" in self.merge.kept and self.existing:
            return
        stored = self.stored.product_tags.get(self.product_id, frozenset())
        wanted = {self._tag(name) for name in self.product.tags}
        for tag_id in wanted - stored:
            self._put("product_tags", self._tag_link(tag_id), None)
        self._remove("product_tags", [self._tag_link(tag_id) for tag_id in stored - wanted])

    def _tag_link(self, tag_id: UUID) -> Row:
        return {"product_id": self.product_id, "tag_id": tag_id}

    def _tag(self, name: str) -> UUID:
        """The id of the tag, which is created if there is none."""
        slug = slugify(name)
        if slug not in self.stored.tags:
            self.stored.tags[slug] = uuid7()
            self.changes.inserted["tags"].append({"id": self.stored.tags[slug], "slug": slug, "name": name})
        return self.stored.tags[slug]

    def _put_product(self, default_variant: Row) -> None:
        row = product_row(self.product, self.product_id, self._category(), default_variant)
        if self.existing is None:
            self._put("products", row | {"created_at": self.product.created_at}, None)
            return
        row |= {**kept_markdown(row, self.existing), **kept_columns(self.merge.kept, self.existing)}
        changes = self.changes.put("products", row, self.existing)
        if self.is_touched and not changes:
            self.changes.updated["products"].append(row)
        self.is_touched |= changes

    def _category(self) -> UUID | None:
        if "category" in self.merge.kept and self.existing:
            return None
        category = self.product.category
        if isinstance(category, CategoryPath):
            return self.stored.categories.place(category.names)
        return self.stored.categories.by_slug[category].id if category else None
