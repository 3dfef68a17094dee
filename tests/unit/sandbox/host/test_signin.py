"""Where a sign-in may send people afterwards."""

import pytest

from sandbox.host.signin import local_path


@pytest.mark.parametrize("target", ["/", "/approvals/1", "/a?b=c&d=%2F", "/a#b"])
def test_a_path_of_this_site_is_kept(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "approvals",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
    ],
)
def test_anything_else_leads_home(target: str | None) -> None:
    assert local_path(target) == "/"
