"""Access: the entities of the namespace one client may reach, by the tokens it has put."""

from collections.abc import Callable

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.destinations import Destination
from sandbox.servicebus.broker.namespace import Namespace
from sandbox.servicebus.protocol.tokens import Tokens


class Access:
    """keys: SAS key name to key; on_expiry: called each time a token of the client runs out."""

    def __init__(
        self, keys: dict[str, str], namespace: Namespace, clock: Clock, on_expiry: Callable[[], None]
    ) -> None:
        self._tokens = Tokens(keys, clock)
        self._namespace, self._clock, self._on_expiry = namespace, clock, on_expiry

    def put_token(self, token: object, audience: object) -> None:
        """Raises: Refused (unauthorized-access)."""
        seconds = self._tokens.put(token, audience)
        self._clock.call_later(seconds + 0.001, self._on_expiry)

    def covers(self, path: str) -> bool:
        """Whether a token that is good now is for the path."""
        return self._tokens.cover(path)

    def entity(self, address: str) -> Destination:
        """The entity at an address. Raises: Refused (unauthorized-access, not-found)."""
        self._tokens.check(address)
        return self._namespace.find(address)
