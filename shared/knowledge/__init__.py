"""What past incidents teach: remembered when they end, found again by what they are about.

Blob holds it (shared.knowledge.shelf), an encoder turns words into vectors (shared.knowledge.encoder), the search is
exact (shared.knowledge.index). docs/knowledge.md says what is kept, for how long, and how it is forgotten.
"""

from shared.knowledge.knowledge import Knowledge, Match
from shared.knowledge.memory import SOLVED_BY_PEOPLE, Memory, memory_of

__all__ = ["SOLVED_BY_PEOPLE", "Knowledge", "Match", "Memory", "memory_of"]
