"""What the broker refuses, in the conditions the SDKs know.

Refused            an operation that cannot be done: condition, description, HTTP-like status
BadConfig          a Config.json that cannot be served: the process does not start
"""


class BadConfig(Exception):
    """Config.json asks for what is wrong or not supported. The message says where and what."""


class Refused(Exception):
    """An operation that was not done, and changed nothing."""

    def __init__(self, condition: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.condition, self.description, self.status = condition, description, status


def not_found(path: str) -> Refused:
    return Refused("amqp:not-found", f"The messaging entity '{path}' could not be found.", 404)


def message_not_found(sequence_number: int) -> Refused:
    return Refused(
        "com.microsoft:message-not-found",
        f"The message with sequence number {sequence_number} could not be found.",
        404,
    )


def lock_lost() -> Refused:
    return Refused(
        "com.microsoft:message-lock-lost",
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed.",
        410,
    )


def unauthorized(why: str) -> Refused:
    return Refused("amqp:unauthorized-access", why, 401)


def not_allowed(why: str) -> Refused:
    return Refused("amqp:not-allowed", why, 400)


def bad_argument(why: str) -> Refused:
    return Refused("com.microsoft:argument-error", why, 400)


def not_implemented(what: str) -> Refused:
    return Refused("amqp:not-implemented", f"{what} is not supported by the embedded Service Bus.", 501)
