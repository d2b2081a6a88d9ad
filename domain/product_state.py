"""What the database holds of a batch of products: read with one statement for each table, whatever its size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, Table, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.category_paths import CategoryRow, slugs_of_path
from domain.conditions import among
from domain.products import CategoryPath, ProductData
from domain.slugs import slugify
from models import Category, Product, ProductImage, ProductVariant, StockLevel, Tag, product_tags

Row: TypeAlias = dict[str, Any]
"""The columns of one row of a table by their names."""

PRODUCTS = Product.metadata.tables["products"]
