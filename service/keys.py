"""The one key that other systems' doors ask for, where one is set."""

from __future__ import annotations

import hmac
import re

from pydantic import SecretStr

from service.problems import MALFORMED_AUTHORIZATION, WRONG_KEY, Problem, ProblemType

_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def refusal(authorization: str | None, key: SecretStr | None) -> Problem | None:
    """Return why a request with this `Authorization` header is refused, None where it is let in.

    Without a `key` everyone is let in; a header that is sent all the same has to be well formed. The comparison takes
    as long for a key that is nearly right as for any other.
    """
    if authorization is None:
        return None if key is None else _refused(MALFORMED_AUTHORIZATION)
    bearer = _BEARER.fullmatch(authorization)
    if bearer is None:
        return _refused(MALFORMED_AUTHORIZATION)
    # A header arrives as Latin-1, whatever its bytes are.
    if key is None or hmac.compare_digest(bearer[1].encode("latin-1"), key.get_secret_value().encode("ascii")):
        return None
    return _refused(WRONG_KEY)


def _refused(problem_type: ProblemType) -> Problem:
    return Problem(problem_type, problem_type.meaning, headers=_CHALLENGE)
