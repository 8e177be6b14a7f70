"""The dashboard of an installation in which nothing is set up yet."""

from urllib.parse import urlsplit

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route

from leadflip.run.sample.demo import ADMIN
from partners.models import User

# With all that hangs on them.
TABLES = "partners_partner, distribution_entity, distribution_apikey, delivery_smtpaccount, delivery_alert"


def dashboard(page: Page) -> None:
    """Shows what the app answers where these tables are empty; it is undone before anybody notices."""
    client, host = Client(), urlsplit(page.url).netloc
    client.force_login(User.objects.get(email=ADMIN))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        answer = client.get(reverse("admin:index"), headers={"host": host})
        transaction.set_rollback(True)
    assert answer.status_code == 200, answer.status_code
    html = answer.content.decode()

    def fulfil(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route(page.url, fulfil)
    page.reload()
    page.unroute(page.url)
