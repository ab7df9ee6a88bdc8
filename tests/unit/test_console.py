"""The console's function gives away its page, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.console.app import handler

PAGE = Path(__file__).parents[2] / "functions/console/page"


def ask(file: str | None = None, **headers: str) -> Any:
    """As API Gateway asks: the route without a file has no path parameters at all."""
    request: dict[str, Any] = {"headers": headers, "requestContext": {"http": {"method": "GET"}}}
    if file is not None:
        request["pathParameters"] = {"file": file}
    return handler(request, None)


def policy(answer: Any) -> dict[str, str]:
    directives = answer["headers"]["content-security-policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_the_page_is_answered_at_its_own_address() -> None:
    answer = ask()
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer["body"] == (PAGE / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", sorted(file.name for file in PAGE.iterdir()))
def test_each_part_of_it_is_answered_as_what_it_is(file: str) -> None:
    types = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    answer = ask(file)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"].split(";")[0] == types[file.rsplit(".", 1)[1]]
    assert answer["headers"]["x-content-type-options"] == "nosniff"


def test_no_browser_may_run_or_load_anything_but_its_own_files() -> None:
    assert policy(ask()) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_no_other_site_learns_of_it_or_holds_it() -> None:
    headers = ask()["headers"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_what_a_browser_has_already_is_not_sent_again() -> None:
    first = ask("main.js")
    etag = first["headers"]["etag"]
    assert first["headers"]["cache-control"] == "no-cache"
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        again = ask("main.js", **{"if-none-match": known})
        assert (again["statusCode"], again["body"], again["headers"]["etag"]) == (304, "", etag)


def test_what_has_changed_is_sent_whole() -> None:
    assert ask("main.js", **{"if-none-match": ask("table.js")["headers"]["etag"]})["statusCode"] == 200


@pytest.mark.parametrize(
    "file",
    ["", ".", "..", "../app.py", "..%2Fapp.py", "app.py", "page/index.html", "/etc/passwd", "main.js\0", "MAIN.JS"],
)
def test_nothing_but_its_files_can_be_had(file: str) -> None:
    answer = ask(file)
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"]) == {"error": "There is nothing at this address."}


def test_no_part_names_another_host_or_makes_markup_of_text() -> None:
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for banned in (
            "http:",
            "https:",
            "//cdn",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert banned not in text, (file.name, banned)


def test_the_page_holds_no_script_and_no_style_of_its_own() -> None:
    page = ask()["body"]
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count('<script type="module" src="console/') == 1
