"""A webhook proves itself with either of the current secrets."""

import pytest

from shared.errors import Unauthenticated
from shared.security.webhooks import verify_shared_secret
from shared.settings import Secret

SECRETS = (Secret("new-secret-0123456789"), Secret("old-secret-0123456789"))


@pytest.mark.parametrize("secret", ["new-secret-0123456789", "old-secret-0123456789"])
def test_both_secrets_of_a_rotation_are_accepted(secret: str) -> None:
    verify_shared_secret(secret, SECRETS)


@pytest.mark.parametrize("presented", [None, "", "new-secret-012345678", "NEW-SECRET-0123456789", "é"])
def test_anything_else_is_refused_without_naming_a_secret(presented: str | None) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verify_shared_secret(presented, SECRETS)

    assert "secret-0123" not in str(caught.value)
