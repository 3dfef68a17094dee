"""Which addresses the page links to: http and https, nothing else, whatever a card or an operation says."""

from urllib.parse import urlsplit


def web_link(address: object) -> str | None:
    """The address when it is one a browser may be sent to, else None."""
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None
