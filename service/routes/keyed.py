"""Routes that ask for the key."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.responses import Response

from service.keys import refusal
from service.problems import ProblemError

bearer = HTTPBearer(auto_error=False, description="The key of the service (`ZHIJIAN_API_KEY`), where one is set.")
"""Says in the API reference that a route takes a key; KeyedRoute checks it."""


class KeyedRoute(APIRoute):
    """Check the key before anything else of a request is looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route behind the check."""
        handler = super().get_route_handler()

        async def checked(request: Request) -> Response:
            problem = refusal(request.headers.get("authorization"), request.app.state.settings.api_key)
            if problem:
                raise ProblemError(problem)
            return await handler(request)

        return checked
