"""Where the page's links lead."""

from urllib.parse import quote

import pytest

from sandbox.console.links import Links, web_link
from sandbox.console.sources import Sources


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//example.com", "http://[", "/path", "", None, 7]
)
def test_only_web_addresses_are_links(address: object) -> None:
    assert web_link(address) is None


async def test_a_record_of_a_simulator_is_found_on_the_page(sources: Sources) -> None:
    vendors = sources.document["vendors"]
    links = Links(sources.document)
    incident = f"{vendors['servicenow']['url']}/incident.do?sys_id={'a' * 32}"
    run = f"{vendors['azure_devops']['url']}/sandbox/loja/_build/results?buildId=104"
    assert links.of(incident) == f"#incident-{'a' * 32}"
    assert links.of(run) == "#run-104"
    assert links.of(f"{vendors['servicenow']['url']}/incident.do?sys_id=%22%3E") is not None
    assert '"' not in str(links.of(f"{vendors['servicenow']['url']}/incident.do?sys_id=%22%3E"))


@pytest.mark.parametrize("path", ["/api/operations/incident-1/postmortem", "/api/quality-gates/gate-1"])
async def test_pages_for_readers_are_reached_by_signing_in(sources: Sources, path: str) -> None:
    app = sources.document["app"]["url"]
    expected = f"{app}/.auth/login/aad?post_login_redirect_uri={quote(path, safe='')}"
    assert Links(sources.document).of(app + path) == expected


async def test_other_addresses_stay_as_they_are(sources: Sources) -> None:
    links = Links(sources.document)
    approval = f"{sources.document['app']['url']}/api/approvals/incident-1?token=a.b"
    assert links.of(approval) == approval
    assert links.of("https://example.com/?sys_id=1") == "https://example.com/?sys_id=1"
    assert links.of("javascript:alert(1)") is None


async def test_a_repository_leads_to_its_runs_on_this_page(sources: Sources) -> None:
    links, url = Links(sources.document), sources.document["vendors"]["azure_devops"]["url"]
    assert links.of(f"{url}/sandbox/loja/_git/orders") == "#repository-orders"
    assert links.of(f'{url}/sandbox/loja/_git/or"ders') != '#repository-or"ders'
