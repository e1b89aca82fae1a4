"""The base of everything that is answered."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ResponseBody(BaseModel):
    """Be the base of everything that is answered."""

    model_config = ConfigDict(frozen=True)
