"""GitHub through its REST API: a client of rooms, one for each kind of thing. Reads only, each retried.

The timer that pulls what webhooks missed and the matching of deliveries call it. Vendor's pages:
https://docs.github.com/rest
"""

from shared.clients.github.client import GitHubClient, github_client
from shared.clients.github.connection import VENDOR

__all__ = ["VENDOR", "GitHubClient", "github_client"]
