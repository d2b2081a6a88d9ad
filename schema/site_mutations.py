"""What the staff says of the shop's front end."""

import strawberry

from auth.permissions import Permission
from resolvers import site
from schema.declare import mutation
from schema.site_changes import UpdateSiteInput, UpdateSiteResult


@strawberry.type
class SiteMutations:
    """Fields of the root of changes."""

    update_site: UpdateSiteResult | None = mutation(
        site.update_site,
        "Say where the pages of the front end are. Paths of before are not redirected: let the front end do that.",
        input=UpdateSiteInput,
        requires=Permission.SHOP_WRITE,
    )
