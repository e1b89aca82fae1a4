"""What can be set from outside, as environment variables `ZHIJIAN_*`."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from corpus.errors import ZhijianError

PREFIX = "ZHIJIAN_"
# What is never shown, not even where it is wrong.
_SECRETS = frozenset({"api_key"})


class SettingsError(ZhijianError):
    """Report a setting whose value can't be used, with its variable and the value."""


class Settings(BaseSettings):
    """Hold every setting; each is read from `ZHIJIAN_` and its name in capitals.

    `home` is the directory of built indexes, `corpus` that of the documents, `model` a sentence-transformers name or
    path (None: the bundled encoder), `threads` the encoder's threads (None: its own choice). Port 0 takes a free one.
    `api_key` is the key that other systems' doors ask for, in visible ASCII characters (None: they ask for none).
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    home: Path = Path("var")
    corpus: Path = Field(default_factory=lambda: Path(str(resources.files("corpus") / "data")))
    model: str | None = None
    threads: int | None = Field(default=None, ge=1, le=1024)
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    api_key: SecretStr | None = None

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise PydanticCustomError("key", "A key is one word of visible ASCII characters")
        return key


def read_settings(**given: Any) -> Settings:
    """Return the settings: `given` values first, then the environment, then the defaults.

    A `given` value of None counts as not given. Raises SettingsError, one line for all that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_complaint(item, given) for item in error.errors())) from None


def _complaint(item: Any, given: dict[str, Any]) -> str:
    name = str(item["loc"][0])
    shown = name if given.get(name) is not None else f"{PREFIX}{name.upper()}"
    got = "" if name in _SECRETS else f", got {item['input']!r}"
    return f"{shown}: {item['msg'][:1].lower()}{item['msg'][1:]}{got}"
