"""Hostile URLs: refused when saved and at send, or led to nothing by the guard at the socket."""

from urllib.parse import urlsplit

import pytest
from pytest_django import Settings
from yarl import URL

from delivery.channels.base import Configuration
from delivery.channels.webhook import WebhookChannel
from partners.kinds.webhook import WebhookConfig
from partners.outgoing import target
from tests.delivery.bounded import bounded
from tests.delivery.calls import Names, call, failure, named
from tests.delivery.test_webhook import parcel
from tests.partners.test_webhook_form import form

# By the words that say why.
REFUSED = {
    "closed to webhooks: use": [
        "http://crm.example.com:22/",
        "http://crm.example.com:25/",
        "http://crm.example.com:6379/",
        "http://crm.example.com:5432/",
        "http://crm.example.com:0/",
        "http://crm.example.com:65536/",
    ],
    "closed to webhooks. To open": [
        "http://127.0.0.1/",
        "http://127.0.0.1:9000/",
        "http://127.127.127.127/",
        "http://127.0.0.1./",
        "http://①②⑦.⓪.⓪.①/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http://0.0.0.0:8080/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fd00:ec2::254]/latest/",
        "http://168.63.129.16/machine/",
        "http://192.0.0.192/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        "http://127.0.0.1#@crm.example.com/",
        "http://127.0.0.1?@crm.example.com/",
    ],
    "unusual way": [
        "http://127.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.0x0.0x0.0x1/",
        "http://0177.0.0.1/",
        "http://0177.0.0x0.1/",
        "http://127.0x1/",
        "http://00000127.0.0.1/",
        "http://0/",
        "http://4294967295/",
        "http://340282366920938463463374607431768211455/",
        "http://2852039166/latest/meta-data/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://[crm.example.com]/",
    ],
    "user name before @": [
        "http://crm.example.com@127.0.0.1/",
        "http://127.0.0.1@crm.example.com/",
        "http://crm.example.com:80@127.0.0.1/",
        "http://user:secret@crm.example.com/",
        "http://@crm.example.com/",
        "http://crm.example.com%2f@evil.example/",
        "http://" + ":" * 1_500 + "@" * 500,
    ],
    "% sign": [
        "http://[fe80::1%25lo]/",
        "http://[fe80::1%eth0]/",
        "http://crm.example.com%40127.0.0.1/",
        "http://%6c%6f%63%61%6c%68%6f%73%74/",
        "http://crm.example.com%00.evil.example/",
    ],
    "backslash": [
        "http://crm.example.com\\@127.0.0.1/",
        "http://127.0.0.1\\.crm.example.com/",
        "http:\\\\127.0.0.1\\",
    ],
    "no usable host": [
        "http:///127.0.0.1/",
        "http://crm.example.com:80:80/",
        "http://[::1]crm.example.com/",
        "http://[::1/",
        "http://]/",
        "http://crm.example.com:-1/",
        "http://crm.example.com:٨٠/",
        "http://crm.example.com:+80/",
        "http://" + "[" * 1_000,
    ],
    "# sign": [
        "http://crm.example.com#@127.0.0.1/",
    ],
    "not one that DNS can hold": [
        "http://a／b.example.com/",
        "http://a＃b.example.com/",
        "http://a＠b.example.com/",
        "http://" + "ü" * 2_000 + ".example/",
    ],
    "DNS does not know": [
        "http://127.0.0.1../",
        "http://crm..example.com/",
        "http://.example.com/",
        "http://-.example.com/",
        "http://" + "a" * 300 + ".example.com/",
    ],
    "blank or a control character": [
        "http://crm.example\u200b.com/",
        "http://crm.exa\u00admple.com/",
        "http://\u202emoc.elpmaxe/",
        "http://xn--a-ecp.example\ud800/",
        "http://crm.example.com/\r\nX-Injected: 1",
        "http://crm.example.com/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "http://crm.example.com\r\n.evil.example/",
        "http://crm.example.com\t/",
        "http://crm.example.com/\0",
        " http://127.0.0.1/\n",
        "http://crm.example.com\u2028/",
    ],
    "only https:// and http://": [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "dict://127.0.0.1:11211/stats",
        "ftp://crm.example.com/",
        "ldap://127.0.0.1/",
        "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    ],
    "the whole address": [
        "http:127.0.0.1/",
        "jar:http://crm.example.com!/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "//127.0.0.1/",
        "127.0.0.1",
    ],
    "longer than 2048": [
        "http://crm.example.com/" + "a" * 2_048,
        "http://" + "a." * 100_000 + "example/",
    ],
}
CASES = [(why, url) for why, urls in REFUSED.items() for url in urls]
# Names, which only the guard at the socket can judge, and paths that only look odd.
HARMLESS = [
    "http://localhost/",
    "http://localhost.localdomain:8000/",
    "http://LOCALHOST./",
    "http://ip6-localhost/",
    "http://127.0.0.1.example.com/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://kubernetes.default.svc/",
    "http://xn--80ak6aa92e.example/",
    "http://redis:8080/",
    "http://crm.example.com/%0d%0aX-Injected:%201",
    "http://crm.example.com/../../etc/passwd",
    "http://crm.example.com/?u=http://127.0.0.1/",
    "http://crm.example.com//127.0.0.1/",
    "http://crm.example.com/%00",
    "http://crm.example.com/;@127.0.0.1/",
    "http://crm.example.com/?#@127.0.0.1/".replace("#", "%23"),
]


def test_collection_is_as_large_as_it_was() -> None:
    assert len({*CASES, *HARMLESS}) == len(CASES) + len(HARMLESS) >= 130


@pytest.mark.parametrize(("why", "url"), CASES, ids=range(len(CASES)))
def test_hostile_url_is_refused_by_the_form_and_at_send(why: str, url: str) -> None:
    with bounded():
        filled = form(url=url)
        assert filled.errors.get("url")
        with pytest.raises(Configuration) as caught:
            WebhookChannel().render(parcel(WebhookConfig(url)))
    assert why in caught.value.text
    assert len(caught.value.text) < 2_300
    assert "secret" not in caught.value.text + str(filled.errors["url"].as_data())


@pytest.mark.parametrize("url", HARMLESS, ids=range(len(HARMLESS)))
def test_odd_url_means_one_host_to_every_reader(url: str) -> None:
    with bounded():
        assert form(url=url).is_valid()
        found = target(url)
    assert found.host == urlsplit(found.url).hostname == URL(found.url).raw_host
    assert target(found.url) == found
    assert {*found.url} & {*"\r\n\t\0 @#"} <= {"@"}
    assert "@" not in urlsplit(found.url).netloc


def test_name_that_leads_inside_is_stopped_at_the_socket(settings: Settings) -> None:
    settings.OUTGOING_ALLOW = []
    inside = ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1"]
    for url in HARMLESS:
        error = failure(call(url), sender=named(Names(inside)))
        assert (error.error_class, error.outcome) == ("blocked", "temporary"), url
