"""What machines write and nobody needs to hide, though it may look like a person's number.

A GUID, a time, a hash, a Dynatrace problem id: detectors of numbers keep off these places.
"""

import re
from collections.abc import Sequence

from shared.redaction.spans import Span

_TECHNICAL = re.compile(
    r"""
    (?<![\w-])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![\w-])   # GUID
    | (?<![\w])-?\d{1,20}_\d{13}V2                                          # Dynatrace problem id
    | (?<!\w)P-\d{6,12}(?!\w)                                               # its display id
    | (?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?
    | (?<!\d)(?:19|20)\d\d[-/.][01]\d[-/.][0-3]\d(?!\d)                     # date
    | (?<!\d)[0-2]\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?!\d)                  # time
    | (?<![0-9A-Za-z])(?=[0-9a-f]{0,40}[a-f])[0-9a-f]{16,64}(?![0-9A-Za-z])   # hash, trace id
    | (?<!\w)0x[0-9a-fA-F]{1,40}(?!\w)
    | (?<!\w)(?:INC|CHG|PRB|RITM|REQ|SCTASK|CTASK|TASK|KB)\d{7,10}(?!\w)    # ServiceNow number
    | (?<!\w)[vV]?\d{1,5}(?:\.\d{1,6}){2,5}(?:-(?:alpha|beta|rc|SNAPSHOT|RELEASE|M)[.\d]*)(?!\w)   # version
    """,
    re.VERBOSE,
)


def technical(text: str) -> list[Span]:
    """Where such things stand."""
    return [Span(found.start(), found.end(), "") for found in _TECHNICAL.finditer(text)]


def outside(spans: Sequence[Span], kept: Sequence[Span]) -> list[Span]:
    """The spans that lie in none of those to keep; both in order."""
    free, place = [], 0
    for span in sorted(spans):
        while place < len(kept) and kept[place].end <= span.start:
            place += 1
        if not any(one.start < span.end and span.start < one.end for one in kept[place : place + 2]):
            free.append(span)
    return free
