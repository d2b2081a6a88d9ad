"""What editors do with services."""

import strawberry

from auth.permissions import Permission
from domain.catalog_kinds import SERVICE
from resolvers import editing
from resolvers import services as changing
from schema import service_changes as changes
from schema.declare import mutation


@strawberry.type
class ServiceMutations:
    """Fields of the root of changes."""

    create_service: changes.CreateServiceResult | None = mutation(
        changing.create_service,
        "Add a service. Visitors do not see it until it is published.",
        input=changes.CreateServiceInput,
        requires=Permission.SERVICES_WRITE,
    )
    update_service: changes.UpdateServiceResult | None = mutation(
        changing.update_service,
        "Change a service. Of one that visitors see it makes a draft, and they see no change.",
        input=changes.UpdateServiceInput,
        requires=Permission.SERVICES_WRITE,
    )
    update_services: changes.UpdateServicesResult | None = mutation(
        editing.updating_many(SERVICE),
        "Change several services, each by itself.",
        input=changes.UpdateServicesInput,
        requires=Permission.SERVICES_WRITE,
    )
    publish_service: changes.PublishServiceResult | None = mutation(
        editing.showing(SERVICE),
        "Let visitors see the newest version of a service.",
        input=changes.PublishServiceInput,
        requires=Permission.SERVICES_WRITE,
    )
    unpublish_service: changes.UnpublishServiceResult | None = mutation(
        editing.hiding(SERVICE),
        "Let visitors see a service no more. A draft beside it stays.",
        input=changes.UnpublishServiceInput,
        requires=Permission.SERVICES_WRITE,
    )
    trash_services: changes.TrashServicesResult | None = mutation(
        editing.trashing(SERVICE),
        "Put services into the trash, where nobody sees them.",
        input=changes.TrashServicesInput,
        requires=Permission.SERVICES_WRITE,
    )
    restore_services: changes.RestoreServicesResult | None = mutation(
        editing.restoring(SERVICE),
        "Take services out of the trash. Visitors do not see them until they are published.",
        input=changes.RestoreServicesInput,
        requires=Permission.SERVICES_WRITE,
    )
    restore_service_revision: changes.RestoreServiceRevisionResult | None = mutation(
        editing.restoring_revision(SERVICE),
        "Let a service say again what it said in an earlier version: as a draft, if visitors see it.",
        input=changes.RestoreServiceRevisionInput,
        requires=Permission.SERVICES_WRITE,
    )
