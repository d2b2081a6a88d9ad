"""Navigation menus, which front ends ask for by their codes."""

from datetime import datetime

import models
from auth.permissions import Permission
from domain import menus
from schema.catalog import Category, Product
from schema.content import Post, PostCategory
from schema.declare import column, expression, many, one, table
from schema.orders import BY_POSITION
from schema.pages import Page
from schema.relay import Connection, Node
from schema.revisions import Revision, revisions_of
from schema.services import Service


@table(models.MenuItem, "A line of a menu. It leads to one thing of the shop, to an address, or as a heading nowhere.")
class MenuItem:
    """A line; those that lead to what the viewer may not see are left out, with all below them."""

    label: str = column("What it says.")
    href: str | None = expression(
        menus.href, "Where it leads: the path of what it names on the shop's site, or its `url`; null for a heading."
    )
    url: str | None = column("The address that it leads to, if it names nothing of the shop.")
    page: Page | None = one(models.MenuItem.page, "The page of text that it leads to.")
    post: Post | None = one(models.MenuItem.post, "The post that it leads to.")
    post_category: PostCategory | None = one(models.MenuItem.post_category, "The section of the blog that it leads to.")
    category: Category | None = one(models.MenuItem.category, "The category that it leads to.")
    product: Product | None = one(models.MenuItem.product, "The product that it leads to.")
    service: Service | None = one(models.MenuItem.service, "The service that it leads to.")
    items: list["MenuItem"] = many(models.MenuItem.items, "The lines below it.", order=BY_POSITION, paged=False)


@table(models.Menu, "A navigation menu. It changes as a whole.")
class Menu(Node):
    """A tree of lines, at most three levels deep."""

    code: str = column("What front ends call it, such as `main`; unique.")
    name: str = column("What editors call it.")
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    items: list[MenuItem] = many(models.Menu.items, "Its lines.", order=BY_POSITION, paged=False)
    revisions: Connection[Revision] | None = revisions_of(models.Menu, Permission.CONTENT_READ)
    updated_at: datetime = column("When it was last changed.")
