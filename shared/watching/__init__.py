"""Watching services: one round reads what is new in Dynatrace, judges it, and keeps what it came to in Blob.

The timer functions/incidents/watching.py calls `Watcher.round`; activities and GET /api/services/{name}/signals read
`Documents`.
"""

from shared.watching.documents import Documents
from shared.watching.rounds import Report, Watched, Watcher

__all__ = ["Documents", "Report", "Watched", "Watcher"]
