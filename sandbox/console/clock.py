"""Times as people on this machine read them."""

from datetime import UTC, datetime

from markupsafe import Markup


def moment(value: object) -> datetime | None:
    """A time from ISO 8601, ServiceNow's plain UTC form or milliseconds since 1970; None where there is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC) if value > 0 else None
    if not isinstance(value, str) or not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def shown(value: object) -> str | Markup:
    """The time of day in this machine's zone, as a <time> element; "" where there is none."""
    at = moment(value)
    if at is None:
        return ""
    local = at.astimezone()
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="milliseconds"), local.strftime("%Y-%m-%d %H:%M:%S"), local.strftime("%H:%M:%S")
    )


def span(seconds: float) -> str:
    """A duration: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min"."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
