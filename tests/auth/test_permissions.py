"""The vocabulary of permissions, the roles, and what both say of an object."""

import re

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.areas import PERMISSIONS
from auth.permissions import Permission
from auth.roles import ROLE_PERMISSIONS
from auth.viewer import VISITOR, viewer_with_role
from models import Role
from schema.root import NODES
from tests.api import data_of
from tests.factories import add_product, add_review, writing


def test_permissions_are_an_area_and_an_action() -> None:
    assert [permission for permission in Permission if not re.fullmatch(r"[a-z]+:[a-z]+", permission)] == []
    assert {permission.name for permission in Permission} == {
        permission.value.replace(":", "_").upper() for permission in Permission
    }


def test_every_role_has_its_grants_and_analysts_only_read() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(permission.only_reads for permission in ROLE_PERMISSIONS[Role.ANALYST])
    assert ROLE_PERMISSIONS[Role.ADMIN] == frozenset(Permission)


def test_who_may_write_may_read() -> None:
    for grants in ROLE_PERMISSIONS.values():
        writable = {permission.area for permission in grants if permission.value.endswith(":write")}
        assert writable <= {permission.area for permission in grants if permission.only_reads}


def test_every_node_has_permissions_that_concern_it() -> None:
    assert set(NODES.values()) <= set(PERMISSIONS)


async def test_objects_say_what_the_viewer_may_do_with_them(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_review(session, await add_product(session))
    query = "{ products { nodes { viewerCan reviews { nodes { viewerCan } } } } }"
    given = {
        VISITOR: ([], []),
        viewer_with_role(Role.EDITOR): (["CATALOG_READ", "CATALOG_WRITE"], []),
        viewer_with_role(Role.STAFF): (
            ["CATALOG_READ", "CATALOG_WRITE", "STOCK_READ", "STOCK_WRITE"],
            ["REVIEWS_READ", "REVIEWS_WRITE"],
        ),
    }
    for viewer, (of_product, of_review) in given.items():
        (product,) = (await data_of(engine, query, viewer=viewer))["products"]["nodes"]
        assert (product["viewerCan"], product["reviews"]["nodes"]) == (of_product, [{"viewerCan": of_review}])
