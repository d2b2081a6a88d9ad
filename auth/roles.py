"""What each role is granted. Nothing in the code asks for a role: fields, rows and mutations ask for permissions."""

from collections.abc import Mapping
from types import MappingProxyType

from auth.permissions import Permission
from models import Role

EVERYTHING = frozenset(Permission)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.CUSTOMER: frozenset(),  # what is one's own asks for an account, and for no permission
        Role.RIDER: frozenset({Permission.DELIVERY_CARRY}),
        Role.AUTHOR: frozenset({Permission.CONTENT_READ, Permission.CONTENT_WRITE}),
        Role.EDITOR: frozenset(
            {
                Permission.CONTENT_READ,
                Permission.CONTENT_WRITE,
                Permission.CONTENT_PUBLISH,
                Permission.CATALOG_READ,
                Permission.CATALOG_WRITE,
                Permission.SERVICES_READ,
                Permission.SERVICES_WRITE,
                Permission.ANALYTICS_READ,
            }
        ),
        Role.STAFF: frozenset(
            {
                Permission.CATALOG_READ,
                Permission.CATALOG_WRITE,
                Permission.STOCK_READ,
                Permission.STOCK_WRITE,
                Permission.SERVICES_READ,
                Permission.SERVICES_WRITE,
                Permission.CONTENT_READ,
                Permission.REVIEWS_READ,
                Permission.REVIEWS_WRITE,
                Permission.CARTS_READ,
                Permission.CARTS_WRITE,
                Permission.ORDERS_READ,
                Permission.ORDERS_WRITE,
                Permission.PAYMENTS_READ,
                Permission.PROMOTIONS_READ,
                Permission.PROMOTIONS_WRITE,
                Permission.LOYALTY_READ,
                Permission.DELIVERY_READ,
                Permission.DELIVERY_WRITE,
                Permission.LEADS_READ,
                Permission.LEADS_WRITE,
                Permission.ACCOUNTS_READ,
            }
        ),
        Role.ANALYST: frozenset(permission for permission in Permission if permission.only_reads),
        Role.ADMIN: EVERYTHING,
    }
)
