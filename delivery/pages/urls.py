"""The addresses under /admin/delivery/."""

from django.contrib import admin
from django.urls import path

from delivery.pages import (
    addresses,
    alerts,
    bounces,
    bulk,
    destinations,
    find,
    job,
    log,
    partner,
    partner_lanes,
    results,
    signatures,
    smtp,
    trials,
)

app_name = "delivery"
own = admin.site.admin_view
urlpatterns = [
    path("log/", admin.site.admin_view(log.log), name="log"),
    path("log/after/<uuid:newest>/", admin.site.admin_view(log.news), name="log_news"),
    path("alerts/", own(alerts.index), name="alerts"),
    path("alerts/acknowledge/", own(alerts.acknowledge), name="alerts_acknowledge"),
    path("alerts/mine/", own(alerts.mine), name="alerts_mine"),
    path("addresses/", own(addresses.index), name="addresses"),
    path("destinations/", own(destinations.index), name="destinations"),
    path("destinations/now/", own(destinations.now), name="destinations_now"),
    path("destinations/<int:lane>/", own(destinations.one), name="destination"),
    path("destinations/<int:lane>/<slug:action>/", own(destinations.act), name="destination_act"),
    path(
        "destinations/partner/<int:partner_id>/<slug:action>/",
        own(partner_lanes.act),
        name="partner_lanes",
    ),
    path("log/find/", own(find.find), name="find"),
    path("bulk/", own(bulk.index), name="bulk_actions"),
    path("bulk/new/<slug:action>/", own(bulk.new), name="bulk_new"),
    path("bulk/<uuid:bulk_id>/", own(bulk.watch), name="bulk"),
    path("bulk/<uuid:bulk_id>/now/", own(bulk.now), name="bulk_now"),
    path("bulk/<uuid:bulk_id>/stop/", own(bulk.stop), name="bulk_stop"),
    path("bulk/<uuid:bulk_id>/skipped/", own(bulk.skipped), name="bulk_skipped"),
    path("preview/", own(partner.preview), name="preview"),
    path("preview/<int:partner_id>/", own(partner.preview), name="preview_of"),
    path("letter/", own(partner.letter), name="letter"),
    path("letter/<int:partner_id>/", own(partner.letter), name="letter_of"),
    path("test/<int:partner_id>/", own(partner.test), name="test"),
    path("results/<int:partner_id>/", own(results.results), name="results"),
    path("signatures/<int:partner_id>/", own(signatures.of_partner), name="signatures"),
    path("results/<int:partner_id>/try/<int:lane_id>/", own(results.try_now), name="lane_try"),
    path("tests/<uuid:job_id>/", own(trials.trial), name="trial"),
    path("smtp/test/", own(smtp.test), name="smtp_test"),
    path("bounces/check/", own(bounces.check), name="bounce_check"),
    path("bounces/key/", own(bounces.key), name="bounce_key"),
    path("log/<uuid:job_id>/", admin.site.admin_view(job.job), name="job"),
    path("log/<uuid:job_id>/now/", admin.site.admin_view(job.job_now), name="job_now"),
    path("log/<uuid:job_id>/sent/", own(job.sent), name="job_sent"),
    path("log/<uuid:job_id>/<slug:action>/", admin.site.admin_view(job.act), name="job_act"),
]
