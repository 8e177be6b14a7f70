"""The API of lead sources, at /api/."""

from ninja import NinjaAPI

from distribution.api import entities, errors, inbound, intake, leads

api = NinjaAPI(
    title="Leadflip Distribution API",
    version="1.0.0",
    urls_namespace="api",
    # Both are pages of ours: see distribution.api.pages.
    openapi_url=None,
    docs_url=None,
    description="Post leads as they come in; Leadflip hands each to the right partner.",
)
api.add_router("", intake.router)
api.add_router("", leads.router)
api.add_router("", entities.router)
api.add_router("", inbound.router)
errors.install(api)
