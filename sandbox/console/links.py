"""Where the page's links lead: to the web, nothing else, whatever a card or an operation says.

The simulators have APIs and no pages of their own: a link to a record of theirs leads to that record on this page.
"""

import re
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.platform.document import Document

_REPOSITORY = re.compile(r"/_git/([0-9a-zA-Z-]{1,64})$")
_IDENTITY = re.compile(r"[0-9a-zA-Z]{1,40}")


def web_link(address: object) -> str | None:
    """The address when it is one a browser may be sent to, else None."""
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


class Links:
    """Addresses of one platform's systems as links of its page."""

    def __init__(self, document: Document) -> None:
        self._app = document["app"]["url"]
        vendors = document["vendors"]
        self._devops = vendors["azure_devops"]["url"]
        self._records = (
            (vendors["servicenow"]["url"], "sys_id", "incident"),
            (vendors["azure_devops"]["url"], "buildId", "run"),
        )

    def of(self, address: object) -> str | None:
        """The link for an address; None where it is none a browser may be sent to."""
        found = web_link(address)
        if found is None:
            return None
        parts = urlsplit(found)
        if found.startswith(f"{self._devops}/") and (name := _REPOSITORY.search(parts.path)):
            return f"#repository-{name[1]}"
        for url, parameter, prefix in self._records:
            identity = parse_qs(parts.query).get(parameter, [""])[0]
            if found.startswith(f"{url}/") and _IDENTITY.fullmatch(identity):
                return f"#{prefix}-{identity}"
        if found.startswith(tuple(f"{self._app}/api/{page}/" for page in ("operations", "quality-gates"))):
            return f"{self._app}/.auth/login/aad?post_login_redirect_uri={quote(parts.path, safe='')}"
        return found
