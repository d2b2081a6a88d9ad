"""Views of what items have in tables of their own: labels, variants, pictures, tiers and former slugs (decision 0051).

Each has the rows of the items whose draft is not shown, and those that the drafts say.
"""

# ruff: noqa: S608 - SQL made of our own names

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Table

from domain import product_parts, service_tiers
from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import POST, TAGS
from domain.item_parts import POSITION
from domain.preview_sql import SCHEMA, selected, value_of, view
from models import ProductImage, ProductVariant, ServiceTier
from models.base import Base
from models.slugs import BEARERS as BEARERS_OF_ANY
from models.slugs import FormerSlug

BEARERS: Final = {"pages": "page_id", "posts": "post_id", "products": "product_id", "services": "service_id"}
"""The column of a former slug that names who bore it, by the table of whoever did."""

OPTION_VALUES: Final = """
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', option.name, 'value', chosen.value) ORDER BY place), '[]')
     FROM jsonb_array_elements_text(part.value -> 'option_values') WITH ORDINALITY AS chosen(value, place)
     JOIN jsonb_array_elements_text(draft.content -> 'options') WITH ORDINALITY AS option(name, place) USING (place))
"""
VARIANT_NAME: Final = """
    (SELECT coalesce(string_agg(chosen.value, ' / ' ORDER BY chosen.place), '')::varchar(255)
     FROM jsonb_array_elements_text(part.value -> 'option_values') WITH ORDINALITY AS chosen(value, place))
"""
PICTURE_OF_VARIANT: Final = f"""
    (SELECT picture.id FROM {SCHEMA}.product_images AS picture
     WHERE picture.product_id = draft.row_id AND picture.url = part.value ->> 'image_url' LIMIT 1)
"""
CURRENCY_OF_PRODUCT: Final = """
    coalesce(stored.currency, (SELECT item.currency FROM public.products AS item WHERE item.id = draft.row_id))
"""
NEW_PICTURE: Final = "md5(draft.row_id::text || (picture.value ->> 'url'))::uuid"
"""The id of a picture that is not stored yet: the same whenever it is asked for."""

PICTURE: Final[Mapping[str, str]] = {
    "id": f"coalesce(stored.id, {NEW_PICTURE})",
    "product_id": "draft.row_id",
    "url": "(picture.value ->> 'url')::varchar(2048)",
    "alt_text": "coalesce(picture.value ->> 'alt_text', '')",
    "position": "(picture.place - 1)::smallint",
}


def part_views() -> Iterator[str]:
    """The statements that make the views, each after those that it reads."""
    for kind in (POST, PRODUCT):
        assert kind.tags is not None  # noqa: S101 - both have labels
        yield _labels(kind.tags, kind.table_name)
    yield _pictures()
    yield _variants()
    yield _tiers()
    yield _former_slugs()


def _stored(table: Table, owner: str, items: str, field: str) -> str:
    """The rows of items whose draft, if it is shown, says nothing of them."""
    replaced = f"SELECT FROM {SCHEMA}.drafts_of_{items} AS draft WHERE draft.row_id = stored.{owner} AND"
    return (
        f"SELECT {selected(table, {}, 'stored')} FROM public.{table.name} AS stored "
        f"WHERE NOT EXISTS ({replaced} draft.content ? '{field}')"
    )


def _labels(links: Table, items: str) -> str:
    owner = next(column.name for column in links.c if column.name != "tag_id")
    expressions = {owner: "draft.row_id", "tag_id": "tag.id"}
    drafted = (
        f"SELECT {selected(links, expressions, 'tag')} FROM {SCHEMA}.drafts_of_{items} AS draft "
        f"CROSS JOIN LATERAL jsonb_array_elements_text(draft.content -> '{TAGS}') AS named(slug) "
        "JOIN public.tags AS tag ON tag.slug = named.slug"
    )
    return view(links.name, (_stored(links, owner, items, TAGS), drafted))


def _pictures() -> str:
    table = Base.metadata.tables[ProductImage.__tablename__]
    drafted = (
        f"SELECT {selected(table, PICTURE, 'stored')} FROM {SCHEMA}.drafts_of_products AS draft "
        "CROSS JOIN LATERAL jsonb_array_elements(draft.content -> 'images') WITH ORDINALITY AS picture(value, place) "
        "LEFT JOIN public.product_images AS stored "
        "ON stored.product_id = draft.row_id AND stored.url = picture.value ->> 'url'"
    )
    return view(table.name, (_stored(table, "product_id", PRODUCT.table_name, "images"), drafted))


def _variants() -> str:
    names = (*product_parts.PLAIN, *product_parts.AMOUNTS, "backorder_policy", POSITION)
    own = {
        "product_id": "draft.row_id",
        "name": VARIANT_NAME,
        "option_values": OPTION_VALUES,
        "image_id": PICTURE_OF_VARIANT,
        "currency": CURRENCY_OF_PRODUCT,
    }
    table = Base.metadata.tables[ProductVariant.__tablename__]
    return _parts(table, "product_id", PRODUCT.table_name, product_parts.VARIANTS, names, own)


def _tiers() -> str:
    own = {
        "service_id": "draft.row_id",
        "currency": "coalesce(stored.currency, (SELECT shop.currency FROM public.shops AS shop))",
    }
    names = (*service_tiers.COLUMNS, POSITION)
    table = Base.metadata.tables[ServiceTier.__tablename__]
    return _parts(table, "service_id", SERVICE.table_name, service_tiers.TIERS, names, own)


def _parts(  # noqa: PLR0913, PLR0917 - what says which parts they are
    table: Table, owner: str, items: str, field: str, names: tuple[str, ...], own: Mapping[str, str]
) -> str:
    """The view of parts that a content holds by their ids."""
    expressions = {
        **{name: value_of(table.c[name], "part.value", name) for name in names},
        "id": "part.key::uuid",
        "created_at": "coalesce(stored.created_at, draft.recorded_at)",
        "updated_at": "coalesce(stored.updated_at, draft.recorded_at)",
        **own,
    }
    drafted = (
        f"SELECT {selected(table, expressions, 'stored')} FROM {SCHEMA}.drafts_of_{items} AS draft "
        f"CROSS JOIN LATERAL jsonb_each(draft.content -> '{field}') AS part(key, value) "
        f"LEFT JOIN public.{table.name} AS stored ON stored.id = part.key::uuid AND stored.{owner} = draft.row_id"
    )
    return view(table.name, (_stored(table, owner, items, field), drafted))


def _former_slugs() -> str:
    """With them, what readers see by its slug of now is found by that still, as it would be."""
    table = Base.metadata.tables[FormerSlug.__tablename__]
    branches = [f"SELECT {selected(table, {}, 'stored')} FROM public.former_slugs AS stored"]
    for items, bearer in BEARERS.items():
        expressions = {
            **dict.fromkeys(BEARERS_OF_ANY, "NULL::uuid"),
            bearer: "item.id",
            "id": f"md5('{items}' || item.id)::uuid",
            "slug": "item.slug",
            "bearer_id": "item.id",
            "left_at": "draft.recorded_at",
        }
        branches.append(
            f"SELECT {selected(table, expressions, 'item')} FROM {SCHEMA}.drafts_of_{items} AS draft "
            f"JOIN public.{items} AS item ON item.id = draft.row_id "
            "WHERE draft.content ->> 'slug' <> item.slug"
        )
    return view(table.name, branches)
