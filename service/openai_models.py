"""The models that clients of OpenAI's protocol can name."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from index.encoder import bundled_model
from service.problems import UNKNOWN_MODEL, UNSUPPORTED_VALUE, FieldProblem, Problem, ProblemError
from service.response_body import ResponseBody
from service.settings import Settings

CHAT = "zhijian"
OPEN_WEBUI = "zhijian-openwebui"
"""Answers as CHAT does, and brings the sources of a stream as Open WebUI's own events.

Open WebUI sends nothing by which a server could know it, and its connections can be given headers by an administrator
alone. A model is what everyone there chooses anyway.
"""

_SINCE = int(time.time())


class Model(ResponseBody):
    """Name a model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["zhijian"] = "zhijian"


class Models(ResponseBody):
    """List the models."""

    object: Literal["list"] = "list"
    data: list[Model]


def embedding_model(settings: Settings) -> str:
    """Return the name of the encoder: that of its directory where it is one."""
    return bundled_model().name if settings.model is None else Path(settings.model).name


def models(settings: Settings) -> Models:
    """Return all models."""
    names = (CHAT, OPEN_WEBUI, embedding_model(settings))
    return Models(data=[Model(id=name, created=_SINCE) for name in names])


def check_chat_model(name: str, settings: Settings) -> None:
    """Raise ProblemError where no model that answers has this name."""
    _check(name, (CHAT, OPEN_WEBUI), settings)


def check_embedding_model(name: str, settings: Settings) -> None:
    """Raise ProblemError where the encoder has another name."""
    _check(name, (embedding_model(settings),), settings)


def find_model(name: str, settings: Settings) -> Model:
    """Return the model of this name; raise ProblemError where there is none."""
    for model in models(settings).data:
        if model.id == name:
            return model
    raise _unknown(name, [model.id for model in models(settings).data])


def _check(name: str, possible: tuple[str, ...], settings: Settings) -> None:
    if name in possible:
        return
    if any(model.id == name for model in models(settings).data):
        detail = f"The model {name!r} can't do this; {' and '.join(possible)} can."
        raise ProblemError(Problem(UNSUPPORTED_VALUE, detail, (FieldProblem(detail, pointer="#/model"),)))
    raise _unknown(name, possible)


def _unknown(name: str, possible: tuple[str, ...] | list[str]) -> ProblemError:
    detail = f"The model {name[:100]!r} does not exist; known here: {', '.join(possible)}."
    return ProblemError(Problem(UNKNOWN_MODEL, detail, (FieldProblem(detail, pointer="#/model"),)))
