"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from delivery.pages import signatures
from distribution.pages import answers, dashboard, hosted_form, own_caps
from leadflip import kept, ops
from leadflip.run.sample import start
from portal import desk

handler400 = "leadflip.errors.bad_request"
handler403 = "leadflip.errors.forbidden"
handler404 = "leadflip.errors.not_found"
handler429 = "leadflip.errors.too_many_requests"
handler500 = "leadflip.errors.server_error"

urlpatterns = [
    path("", start.start, name="start"),
    path("healthz", ops.healthz, name="healthz"),
    path("readyz", ops.readyz, name="readyz"),
    path("metrics", ops.metrics, name="metrics"),
    path("api/", include("distribution.api.urls")),
    path("admin/delivery/", include("delivery.pages.urls")),
    path("admin/audit/", include("partners.admin.urls")),
    path("admin/erase/", include("distribution.pages.erasing_urls")),
    path("admin/move/", include("distribution.pages.moving_urls")),
    path("admin/imports/", include("distribution.pages.urls")),
    # The admin's index, under its own address: `admin:index` leads here.
    path("admin/", admin.site.admin_view(dashboard.dashboard), name="dashboard"),
    path("admin/now/", admin.site.admin_view(dashboard.now), name="dashboard_now"),
    path(
        "admin/partners/partner/<int:partner_id>/activity/",
        admin.site.admin_view(desk.activity),
        name="partner_activity",
    ),
    path("admin/answers/", admin.site.admin_view(answers.of_partners), name="answers"),
    path("admin/", admin.site.urls),
    path("forms/<str:token>/", hosted_form.page, name="hosted_form"),
    path("forms/<str:token>/sent/", hosted_form.sent, name="hosted_form_sent"),
    path("account/kept/<str:name>/", kept.page, name="kept"),
    path("account/", include("partners.accounts.urls")),
    path("portal/deliveries/", include("delivery.pages.own_urls")),
    path("portal/answers/", answers.own, name="own_answers"),
    path("portal/caps/", own_caps.page, name="own_caps"),
    path("portal/signatures/", signatures.own, name="portal_signatures"),
    path("portal/", include("portal.urls")),
]

if settings.DEMO:
    urlpatterns += [path("sample/", include("leadflip.run.sample.urls"))]
