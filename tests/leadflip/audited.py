"""What the audit log's test does on each form and page of the admin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.models import BounceBox, SmtpAccount
from distribution.models import Assignment, Profile
from tests import factories as f
from tests.mail_factories import BounceBoxFactory
from tests.people import PASSWORD

Difference = tuple[str, str, str]
# Kind of object, what was done, and the first thing that the entry names.
Told = tuple[str, str, str]


@dataclass(frozen=True)
class Form:
    """A model's form. `change` is typed over what it shows, and `says` is what the entry then says:
    (label, old, new), of a secret (label, "", "set", "changed" or "removed").

    `add` is typed into an empty form, "@name" standing for the id of one of `needs`.
    """

    make: Callable[[], Any]
    change: Mapping[str, Any]
    says: tuple[Difference, ...]
    add: Mapping[str, Any] | None = None
    needs: Mapping[str, Callable[[], Any]] = field(default_factory=dict)


def _seat() -> Assignment:
    """A partner in a profile, with a webhook whose header and signature are secret."""
    partner = f.acme_with_header("planted-header-value")
    row = partner.default_settings
    assert row is not None
    row.config = {**row.config, "signing": True}
    row.put_secrets({**row.secrets(), "signing": [{"secret": "whsec_cGxhbnRlZC1zaWduaW5n", "until": None}]})
    row.save()
    return f.AssignmentFactory.create(partner=partner, settings=None)


def _profile() -> Profile:
    return f.AssignmentFactory.create(priority=0).profile


def _account() -> SmtpAccount:
    row = f.SmtpAccountFactory.build(host="smtp.example.com", security="starttls", user="leads")
    row.put_password("planted-smtp-password")
    row.save()
    return row


def _box() -> BounceBox:
    row = BounceBoxFactory.build(host="imap.example.com", user="bounces")
    row.put_password("planted-mailbox-password")
    row.save()
    return row


def _entity() -> Any:
    entity = f.EntityFactory.create(name="Roof lead")
    f.make_fields(entity, city="text")
    return entity


FORMS: dict[str, Form] = {
    "partners.user": Form(
        lambda: f.UserFactory.create(name="Ana"),
        {"name": "Ana Bold", "role": "operator"},
        (("Name", "Ana", "Ana Bold"), ("Role", "", "Operator")),
        {"email": "new@example.com", "name": "Nia", "role": "viewer"},
    ),
    "partners.partner": Form(
        lambda: _seat().partner,
        {
            "cap_day": "20",
            "delivery-webhook-method": "PUT",
            "delivery-webhook-header_0_value": "planted-new-value",
            "delivery-webhook-make_secret": "on",
        },
        (
            ("Most leads a day", "", "20"),
            ("Webhook: Method", "POST", "PUT"),
            ("Webhook: Value of the header X-API-Key", "", "changed"),
        ),
        {
            "name": "Brightside",
            "delivery-method": "webhook",
            "delivery-webhook-url": "https://crm.example.com/",
            "delivery-webhook-header_0_name": "X-Key",
            "delivery-webhook-header_0_value": "planted-first-value",
            "delivery-webhook-signing": "on",
        },
    ),
    "partners.retrypolicy": Form(
        lambda: f.RetryPolicyFactory.create(waits=[5, 30]),
        {"waits": "5, 60"},
        (("Waits", "5, 30", "5, 60"),),
        {"name": "Patient", "waits": "60, 3600"},
    ),
    "delivery.smtpaccount": Form(
        _account,
        {"host": "mail.example.com", "password": "planted-other-password"},
        (("Host", "smtp.example.com", "mail.example.com"), ("Password", "", "changed")),
        {
            "host": "smtp.example.com",
            "user": "leads",
            "password": "planted-smtp-password",
            "from_address": "leads@example.com",
        },
    ),
    "delivery.bouncebox": Form(
        _box,
        {"folder": "Bounces", "password": "planted-other-password"},
        (("Folder", "INBOX", "Bounces"), ("Password", "", "changed")),
    ),
    "distribution.entity": Form(
        _entity,
        {"currency": "CHF", "duplicates_api": "update", "fields-0-label": "Town"},
        (
            ("Currency", "EUR", "CHF"),
            ("Duplicates: From the API", "Skip it", "Update the lead that is there"),
            ("Field Town: Label", "City", "Town"),
        ),
        {"name": "Heat pump lead", "slug": "heat-pump"},
    ),
    "distribution.profile": Form(
        _profile,
        {"base_price": "30", "assignments-0-priority": "7"},
        (("Base price", "12.5", "30"), ("@partner: Priority", "0", "7")),
        {"entity": "@entity", "name": "South", "strategy": "send_to_all", "base_price": "25"},
        {"entity": f.EntityFactory.create},
    ),
    "distribution.assignment": Form(
        _seat,
        {"cap_week": "5", "hours_mon": "09:00-17:00", "delivery-scope": "alone"},
        (
            ("Most leads a week", "", "5"),
            ("Open hours: Monday", "", "09:00–17:00"),
            ("Whose settings", "The partner's own", "Only for this assignment: Webhook"),
        ),
    ),
    "distribution.apikey": Form(
        lambda: f.ApiKeyFactory.create(plain="lf_0123456789abcdef-planted", name="Fair"),
        {"name": "Fair 2027", "audit": "on"},
        (("Name", "Fair", "Fair 2027"),),
        {"name": "Landing page"},
    ),
    "distribution.hostedform": Form(
        lambda: f.HostedFormFactory.create(enabled=False, origins=[]),
        {"enabled": "on", "origins": "https://www.example.com"},
        (("Enabled", "No", "Yes"), ("Sites", "", "https://www.example.com")),
        {"entity": "@entity", "title": "Roofs"},
        {"entity": f.EntityFactory.create},
    ),
}

# Models that no form changes: mails come in, and leads have pages of their own.
READ_ONLY = {"delivery.bouncemail", "distribution.lead"}

NEW_PASSWORD = {"password1": "planted-long-password", "password2": "planted-long-password"}
# Own pages that an admin's POST acts on, beside add, change and delete: what is sent, and what is told then.
# "@lead" stands for that object's id, "?entity" for a part of the address.
PAGES: dict[str, tuple[dict[str, str], Told]] = {
    "/admin/distribution/lead/": (
        {"action": "route_again", "_selected_action": "@lead"},
        ("distribution.lead", "acted", "Route again"),
    ),
    "/admin/distribution/apikey/": (
        {"action": "revoke", "_selected_action": "@apikey"},
        ("distribution.apikey", "changed", "Revoked"),
    ),
    "/admin/distribution/lead/add/": ({"?entity": "@entity_id"}, ("distribution.lead", "added", "")),
    "/admin/distribution/lead/<uuid:lead_id>/edit/": (
        {"note": "planted-note"},
        ("distribution.lead", "changed", "Note"),
    ),
    "/admin/partners/user/<int:pk>/link/": (
        {"do": "show"},
        ("partners.user", "acted", "Link for a password: shown"),
    ),
    "/admin/partners/user/<int:pk>/factor/": ({}, ("partners.user", "changed", "Second factor")),
    "/admin/partners/user/<id>/password/": (NEW_PASSWORD, ("partners.user", "changed", "Password")),
    "/admin/password_change/": (
        {"oldpassword": PASSWORD, **NEW_PASSWORD},
        ("partners.user", "changed", "Password"),
    ),
    "/admin/delivery/bounces/key/": ({}, ("delivery.bouncebox", "changed", "Key of the HTTP address")),
    "/admin/delivery/log/<uuid:job_id>/<slug:action>/": ({}, ("delivery.job", "acted", "Resend")),
    "/admin/delivery/results/<int:partner_id>/try/<int:lane_id>/": (
        {},
        ("partners.partner", "acted", "Try now: Webhook"),
    ),
    "/admin/delivery/addresses/": (
        {"change": "1", "seen": "2026-01-01T00:00:00Z", "do": "refuse", "1-reason": "Call us first."},
        ("partners.partner", "acted", "Refused the webhook address https://new.example.net/"),
    ),
    "/admin/delivery/destinations/<int:lane>/{pause}/": (
        {},
        ("partners.partner", "acted", "Pause: Webhook"),
    ),
    "/admin/delivery/alerts/mine/": (
        {"topics": "cap"},
        ("partners.user", "changed", "Alerts by mail"),
    ),
    "/admin/delivery/destinations/partner/<int:partner_id>/{pause}/": (
        {},
        ("partners.partner", "acted", "Pause: Webhook"),
    ),
    "/admin/delivery/alerts/acknowledge/": (
        {"alerts": "@alerts"},
        ("delivery.alert", "acted", "Acknowledge"),
    ),
    "/admin/delivery/log/<uuid:job_id>/sent/": (
        {},
        ("delivery.job", "looked", "Attempt 1: sent and answered"),
    ),
    "/admin/delivery/bouncemail/<int:pk>/whole/": (
        {},
        ("delivery.bouncemail", "looked", "The mail as it came"),
    ),
    "/admin/distribution/lead/<uuid:lead_id>/reveal/": ({}, ("distribution.lead", "looked", "IBAN")),
    "/admin/delivery/bulk/new/<slug:action>/": (
        {"?status": "failed", "key": "01900000-0000-7000-8000-000000000001", "upto": "@job_id"},
        ("delivery.bulkaction", "acted", "Begin Resend"),
    ),
    "/admin/delivery/bulk/<uuid:bulk_id>/stop/": ({}, ("delivery.bulkaction", "acted", "Stop")),
    "/admin/move/<uuid:job_id>/": ({"to": "@to"}, ("delivery.job", "acted", "Move to Beta Energy")),
    "/admin/move/": (
        {
            "?status": "failed",
            "?to": "@to",
            "key": "01900000-0000-7000-8000-000000000001",
            "upto": "@job_id",
        },
        ("delivery.bulkaction", "acted", "Begin Move to another partner: Beta Energy"),
    ),
    "/admin/erase/start/": (
        {"lead": "@lead", "found_by": "lead", "word": "ERASE"},
        ("distribution.erasure", "acted", "Erase a person"),
    ),
    "/admin/erase/export/": (
        {"lead": "@lead", "found_by": "lead"},
        ("distribution.lead", "looked", "Export"),
    ),
    "/admin/imports/<int:run_id>/preview/": (
        {"on_duplicate": "skip", "route": "on"},
        ("distribution.import", "acted", "Import the file"),
    ),
    "/admin/imports/<int:run_id>/stop/": ({}, ("distribution.import", "acted", "Stop the import")),
}
CHANGES_NOTHING = {
    # Lists, forms that lead on, and what only reads.
    "/admin/",
    "/admin/once/",
    "/admin/<app_label>/",
    "/admin/login/",
    "/admin/password_change/done/",
    "/admin/delivery/bouncemail/",
    "/admin/distribution/lead/<uuid:lead_id>/now/",
    "/admin/distribution/assignment/",
    "/admin/distribution/entity/",
    "/admin/distribution/profile/",
    "/admin/distribution/hostedform/",
    "/admin/distribution/hostedform/<int:form_id>/preview/",
    "/admin/partners/partner/",
    "/admin/partners/retrypolicy/",
    "/admin/partners/retrypolicy/line/",
    "/admin/partners/user/",
    "/admin/delivery/smtpaccount/",
    "/admin/delivery/bouncebox/",
    # Previews, tests and checks; leads that are looked for.
    "/admin/erase/",
    "/admin/delivery/log/find/",
    "/admin/distribution/assignment/<int:pk>/preview/",
    "/admin/distribution/assignment/<int:pk>/letter/",
    "/admin/distribution/assignment/<int:pk>/test/",
    "/admin/distribution/assignment/<int:pk>/rules/",
    "/admin/distribution/profile/rules/",
    "/admin/distribution/profile/<int:pk>/rules/",
    "/admin/delivery/preview/",
    "/admin/delivery/preview/<int:partner_id>/",
    "/admin/delivery/letter/",
    "/admin/delivery/letter/<int:partner_id>/",
    "/admin/delivery/test/<int:partner_id>/",
    "/admin/delivery/signatures/<int:partner_id>/",
    "/admin/delivery/smtp/test/",
    "/admin/delivery/bounces/check/",
    # A file on its way in, seen by whoever brought it alone.
    "/admin/imports/new/",
    "/admin/imports/<int:run_id>/columns/",
    "/admin/imports/<int:run_id>/read/",
    "/admin/imports/<int:run_id>/discard/",
}
