"""Views of the tables with drafts, in which each row is as it would be if its draft were out (decision 0051).

They have the names and the columns of the tables, in a schema of their own, so that the very statements of readers find
drafts on a connection that looks there first. Settings of the session say what is previewed; without them the views
hold what readers see. They follow from the models and from what contents consist of: a new column needs no line here.
"""

# ruff: noqa: S608 - SQL made of our own names

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import inspect

from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import PAGE, POST, Kind
from domain.preview_parts import BEARERS, part_views
from domain.preview_sql import ITEM_SETTING, RELEASE_SETTING, SCHEMA, TABLES_SETTING, quoted, value_of, view
from models.base import Base
from models.publishing import Publishable
from models.texts import Form, Prose

KINDS: Final = (PAGE, POST, PRODUCT, SERVICE)
"""What can wait beside what readers see, or has never been out."""

SWITCHES: Final = {"products": "is_active", "services": "is_visible"}
"""The column that says whether readers see a row, where no workflow leads to them."""

RULES: Final = (
    f"""
    CREATE FUNCTION {SCHEMA}.names(item uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('{ITEM_SETTING}', true) = item::text, false)
    """,
    f"""
    CREATE FUNCTION {SCHEMA}.covers(of_table text, item uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(
        of_table = ANY (string_to_array(current_setting('{TABLES_SETTING}', true), ','))
        AND (current_setting('{ITEM_SETTING}', true) = '' OR {SCHEMA}.names(item)), false)
    """,
    f"""
    CREATE FUNCTION {SCHEMA}.release() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('{RELEASE_SETTING}', true), '')::uuid
    """,
)
"""Whether the preview is of this one item, whether it is among what is previewed, and the release that is."""

DEFAULT_VARIANT: Final = """
    (SELECT {} FROM jsonb_each(draft.content -> 'variants') AS variant(key, value)
     ORDER BY (variant.value ->> 'position')::int LIMIT 1)
"""
VALUES_OF_OPTION: Final = """
    SELECT variant.value -> 'option_values' ->> (option.place::int - 1) AS value,
           min((variant.value ->> 'position')::int) AS place
    FROM jsonb_each(draft.content -> 'variants') AS variant(key, value) GROUP BY 1
"""
OPTIONS: Final = f"""
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', option.name, 'values',
        (SELECT jsonb_agg(chosen.value ORDER BY chosen.place) FROM ({VALUES_OF_OPTION}) AS chosen)
     ) ORDER BY option.place), '[]')
     FROM jsonb_array_elements_text(draft.content -> 'options') WITH ORDINALITY AS option(name, place))
"""
OF_VARIANTS: Final[Mapping[str, str]] = {
    "default_variant_id": DEFAULT_VARIANT.format("variant.key::uuid"),
    "price": DEFAULT_VARIANT.format("(variant.value ->> 'price')::numeric(12, 2)"),
    "compare_at_price": DEFAULT_VARIANT.format("(variant.value ->> 'compare_at_price')::numeric(12, 2)"),
    "options": OPTIONS,
}
"""What a product repeats of its variants (domain/product_planning.py)."""

RENDERED: Final[Mapping[str, str]] = {
    "body_html": "coalesce(draft.rendered ->> 'body_html', '')",
    "description_html": "coalesce(draft.rendered ->> 'description_html', '')",
    "plain_text": "coalesce(draft.rendered ->> 'plain_text', '')",
    "table_of_contents": "coalesce(draft.rendered -> 'table_of_contents', '[]')",
    "embedded_products": "ARRAY(SELECT jsonb_array_elements_text(draft.rendered -> 'embedded_products')::uuid)",
    "embedded_posts": "ARRAY(SELECT jsonb_array_elements_text(draft.rendered -> 'embedded_posts')::uuid)",
    "rendering": "coalesce((draft.rendered ->> 'rendering')::smallint, 0::smallint)",
}
"""What is made of a text, beside its draft (domain/rendering.py)."""


def statements() -> Iterator[str]:
    """The statements that make the schema."""
    yield f"CREATE SCHEMA {SCHEMA}"
    yield from RULES
    for kind in KINDS:
        yield _drafts_view(kind)
        yield _items_view(kind)
    yield from part_views()
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO merkato_app"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO merkato_app"


def digest() -> str:
    """What tells one form of the views from another."""
    return sha256("\n".join(statements()).encode()).hexdigest()


def _draft_of(kind: Kind[Any]) -> str:
    """The condition that a revision is the draft of an item, and is to be shown."""
    name = kind.table_name
    return (
        f"draft.table_name = '{name}' AND draft.row_id = item.id AND draft.version = item.version "
        f"AND item.live_version < item.version AND {_covered(kind)}"
    )


def _covered(kind: Kind[Any]) -> str:
    """The condition that the newest version of an item is to be shown."""
    return f"({SCHEMA}.covers('{kind.table_name}', item.id) OR {_in_release(kind, 'PUBLISH')})"


def _in_release(kind: Kind[Any], action: str) -> str:
    """The condition that the release does that to an item."""
    column = BEARERS[kind.table_name]
    return (
        f"EXISTS (SELECT FROM public.release_items AS entry WHERE entry.release_id = {SCHEMA}.release() "
        f"AND entry.{column} = item.id AND entry.action = '{action}')"
    )


def _drafts_view(kind: Kind[Any]) -> str:
    drafts = (
        "SELECT draft.row_id, draft.content, draft.recorded_at "
        f"FROM public.{kind.table_name} AS item JOIN public.revisions AS draft ON {_draft_of(kind)}"
    )
    return view(f"drafts_of_{kind.table_name}", [drafts])


def _items_view(kind: Kind[Any]) -> str:
    """The rows with their drafts laid over; what PostgreSQL computes of them is computed anew."""
    table = Base.metadata.tables[kind.table_name]
    columns = {**_laid(kind), **_shown(kind)}
    inner = ", ".join(f"{columns.get(each.name, f'item.{quoted(each)}')} AS {quoted(each)}" for each in table.c)
    outer = ", ".join(
        quoted(each)
        if each.computed is None
        else f"CASE WHEN is_draft THEN {each.computed.sqltext} ELSE {quoted(each)} END AS {quoted(each)}"
        for each in table.c
    )
    laid = (
        f"SELECT {inner}, draft.id IS NOT NULL AS is_draft FROM public.{table.name} AS item "
        f"LEFT JOIN public.revisions AS draft ON {_draft_of(kind)}"
    )
    return view(table.name, [f"SELECT {outer} FROM ({laid}) AS laid"])


def _laid(kind: Kind[Any]) -> dict[str, str]:
    """The columns that a content has something for. What one of before does not know is as it was."""
    attributes = inspect(kind.model).column_attrs
    columns = {name: attributes[name].columns[0] for name in kind.columns}
    laid = {
        column.name: _over(column, value_of(column, "draft.content", name), name) for name, column in columns.items()
    }
    if issubclass(kind.model, Prose):
        form: Form = kind.model.form
        made = [name for name in form.made if name not in kind.columns]
        laid |= {name: _over(attributes[name].columns[0], RENDERED[name], form.source) for name in made}
    if kind is PRODUCT:
        laid |= {name: _over(attributes[name].columns[0], value, "variants") for name, value in OF_VARIANTS.items()}
    return laid


def _over(column: Any, value: str, field: str) -> str:
    return f"CASE WHEN draft.content ? '{field}' THEN {value} ELSE item.{quoted(column)} END"


def _shown(kind: Kind[Any]) -> dict[str, str]:
    """Whether readers would see the row."""
    name, goes = kind.table_name, _in_release(kind, "UNPUBLISH")
    is_named = f"({SCHEMA}.names(item.id) OR {_in_release(kind, 'PUBLISH')})"
    if issubclass(kind.model, Publishable):
        is_out = f"{_covered(kind)} AND (item.status <> 'ARCHIVED' OR {is_named})"
        since = "CASE WHEN item.published_at <= now() THEN item.published_at ELSE item.created_at END"
        return {
            "status": f"CASE WHEN {goes} THEN 'ARCHIVED' WHEN {is_out} THEN 'PUBLISHED' ELSE item.status END",
            "published_at": f"CASE WHEN {is_out} THEN {since} ELSE item.published_at END",
        }
    switch = SWITCHES[name]
    is_new = (
        f"EXISTS (SELECT FROM public.revisions AS newest WHERE newest.table_name = '{name}' "
        "AND newest.row_id = item.id AND newest.version = item.version AND newest.published_at IS NULL)"
    )
    is_meant = f"{_covered(kind)} AND ({is_named} OR {is_new})"
    return {switch: f"((item.{switch} OR item.deleted_at IS NULL AND {is_meant}) AND NOT {goes})"}
