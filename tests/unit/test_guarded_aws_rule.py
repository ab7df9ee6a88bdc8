"""Programs reach the embedded AWS, and pages reach nothing but the API of their own origin."""

import pytest

from tools.guarded_aws.rule import Request, refusal

OWN = {"127.0.0.1", "localhost", "172.17.0.1"}
API = "/_aws/execute-api/a1b2c3/$default"
WEBHOOK = f"{API}/webhooks/pubnub/main/token"
SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=test/20261126/us-east-1/sqs/aws4_request, Signature=0")
READ_KEY = ("authorization", "Bearer key")


def passes(method: str, path: str, host: str, *headers: tuple[str, str]) -> bool:
    return refusal(Request(method, path, [("host", host), *headers]), OWN) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4566", "localhost:4566", "LocalHost", "172.17.0.1:4566", "host.docker.internal:4566"]
)
def test_a_program_reaches_all_of_it_by_the_names_of_this_machine(host: str) -> None:
    assert passes("POST", "/", host, SIGNED, ("x-amz-target", "AmazonSQS.SendMessage"))
    assert passes("GET", f"{API}/intake", host, READ_KEY)
    assert passes("POST", WEBHOOK, host)
    assert passes("GET", "/_ministack/ready", host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:4566",
        "127.0.0.1.evil.example",
        "evil.example:127.0.0.1",
        "localhost.",
        "a.localhost",
        "127.0.0.1:",
        "127.0.0.1:4566@evil.example",
        "127.0.0.1, evil.example",
        "[::1]:4566",
        "2130706433",
        "",
    ],
)
def test_under_a_foreign_name_only_webhooks_come_in(host: str) -> None:
    assert passes("POST", WEBHOOK, host)
    assert not passes("GET", WEBHOOK, host)
    assert not passes("POST", f"{API}/presence/webhooks/main/members", host, READ_KEY)
    for path in ("/intake", "/openapi.json", "/console"):
        assert not passes("GET", f"{API}{path}", host, READ_KEY)
    assert not passes("POST", "/", host, SIGNED)
    assert not passes("GET", "/_ministack/ready", host)


def test_two_hosts_or_none_are_no_name() -> None:
    for hosts in (
        [],
        [("host", "127.0.0.1"), ("host", "127.0.0.1")],
        [("host", "127.0.0.1"), ("host", "evil.example")],
    ):
        assert refusal(Request("POST", "/", [*hosts, SIGNED]), OWN)
        assert refusal(Request("GET", f"{API}/console", hosts), OWN)


def test_a_sender_in_node_is_no_browser_to_a_webhook() -> None:
    # Its fetch sends these two with every request, and nothing else of what browsers send.
    assert passes("POST", WEBHOOK, "abc.tunnel.example", ("sec-fetch-mode", "cors"), ("accept-language", "*"))


@pytest.mark.parametrize(
    "told",
    [
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],  # the user typed the address
        [("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:4566")],
        [("origin", "http://127.0.0.1:4566")],  # a browser that tells no more
    ],
)
def test_the_console_reaches_its_own_api_and_nothing_of_aws(told: list[tuple[str, str]]) -> None:
    assert passes("GET", f"{API}/console", "127.0.0.1:4566", *told)
    assert passes("GET", f"{API}/intake", "127.0.0.1:4566", READ_KEY, *told)
    assert not passes("POST", "/", "127.0.0.1:4566", SIGNED, *told)
    assert not passes("GET", "/_ministack/ready", "127.0.0.1:4566", *told)


@pytest.mark.parametrize(
    "told",
    [
        [("origin", "http://evil.example")],
        [("origin", "null")],
        [("origin", "")],
        [("origin", "http://127.0.0.1:8000")],
        [("origin", "http://localhost:4566")],  # another name is another origin
        [("origin", "https://127.0.0.1:4566")],
        [("origin", "http://127.0.0.1:4566.evil.example")],
        [("origin", "http://127.0.0.1:4566"), ("origin", "http://evil.example")],
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-user", "?1")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "")],
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
        [("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:4566")],
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT", "DELETE"])
def test_a_page_of_another_origin_reaches_nothing(told: list[tuple[str, str]], method: str) -> None:
    for path in (f"{API}/console", f"{API}/intake", WEBHOOK, "/", "/2015-03-31/functions", "/_ministack/ready"):
        assert not passes(method, path, "127.0.0.1:4566", SIGNED, *told)


@pytest.mark.parametrize("host", ["evil.example:4566", "host.docker.internal:4566"])
def test_a_page_whose_name_was_led_to_this_machine_reaches_nothing(host: str) -> None:
    # It is of one origin with what answers there, so its browser has no objection.
    same_origin = (("origin", f"http://{host}"), ("sec-fetch-site", "same-origin"), ("accept-language", "en"))
    for told in (same_origin, same_origin[1:]):
        for path in (f"{API}/console", f"{API}/intake", WEBHOOK, "/", "/_ministack/ready"):
            assert not passes("POST", path, host, SIGNED, *told)
    # To an address that it does not trust a browser tells nothing of a GET but the language.
    assert not passes("GET", "/2015-03-31/functions", host, SIGNED, ("accept-language", "en"))


def test_what_a_page_can_send_without_asking_is_not_signed() -> None:
    # To an address like Docker's bridge an image says neither Origin nor Sec-Fetch-Site.
    for headers in ([], [("content-type", "text/plain")], [("authorization", "Basic dGVzdDp0ZXN0")]):
        assert not passes("GET", "/?Action=CreateQueue&QueueName=x", "172.17.0.1:4566", *headers)
    assert not passes("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", "172.17.0.1:4566")


def test_a_tunnel_brings_webhooks_and_nothing_of_aws() -> None:
    for told in (
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "abc.tunnel.example"),
        ("forwarded", "for=a"),
    ):
        assert passes("POST", WEBHOOK, "abc.tunnel.example", told)
        assert not passes("POST", "/", "127.0.0.1:4566", SIGNED, told)


@pytest.mark.parametrize(
    "path",
    [
        "/_aws/execute-api/a1b2c3",
        "/_aws/execute-api/a1b2c3/prod/console",
        "/restapis/a1b2c3/$default/_user_request_/console",
        f"/bucket{API}/console",
        f"/{API}/console",
        "http://127.0.0.1:4566" + API + "/console",
    ],
)
def test_only_the_path_under_which_rollcall_prints_its_api_is_its_api(path: str) -> None:
    assert not passes("GET", path, "127.0.0.1:4566", ("sec-fetch-site", "same-origin"))
