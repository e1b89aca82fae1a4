"""What can be set from outside, as environment variables `ZHIJIAN_*`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from corpus.errors import ZhijianError
from service.origins import parse_origins

PREFIX = "ZHIJIAN_"
# What is never shown, not even where it is wrong: a key, or an address that may hold a password.
_SECRETS = frozenset({"api_key", "llm_api_key", "llm_base_url"})

_Origins = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(lambda given: parse_origins(given) if isinstance(given, str) else given)
]


class SettingsError(ZhijianError):
    """Report a setting whose value can't be used, with its variable and the value."""


def _is_base_url(url: str) -> str:
    """Return the base URL of a model server without its last slash; ValueError says what is wrong with it."""
    url = url.strip().rstrip("/")
    parts = urlsplit(url)
    # Reading the port is what checks it.
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("it should be an address such as http://localhost:11434/v1")
    if not url.isascii() or any(character <= " " for character in url):
        raise ValueError("it may hold neither spaces nor characters outside ASCII")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it may hold no name, password, query or fragment; the key is ZHIJIAN_LLM_API_KEY")
    if parts.path.endswith("/completions"):
        raise ValueError("leave out /chat/completions at its end")
    return url


def _is_key(key: SecretStr) -> SecretStr:
    """Return a key that can stand in a header; ValueError, which does not show it, where it can't."""
    if not key or not all("!" <= character <= "~" for character in key.get_secret_value()):
        raise ValueError("a key is one word of visible ASCII characters")
    return key


class Settings(BaseSettings):
    """Hold every setting; each is read from `ZHIJIAN_` and its name in capitals.

    `home` is the directory of built indexes, `corpus` that of the documents, `model` a sentence-transformers name or
    path (None: the bundled encoder), `threads` the encoder's threads (None: its own choice). Port 0 takes a free one.
    `api_key` is the key that other systems' doors ask for, in visible ASCII characters (None: they ask for none).
    `llm_base_url`, `llm_model` and `llm_api_key` (where it needs one) name the language model that writes the answers,
    on any server that speaks OpenAI's protocol; without them the answers are made of the list's own sentences.
    `allowed_origins` are the sites that may have the widget or frame the page, a comma-separated list or `*`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    home: Path = Path("var")
    corpus: Path = Field(default_factory=lambda: Path(str(resources.files("corpus") / "data")))
    model: str | None = None
    threads: int | None = Field(default=None, ge=1, le=1024)
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    api_key: Annotated[SecretStr, AfterValidator(_is_key)] | None = None
    llm_base_url: Annotated[str, AfterValidator(_is_base_url)] | None = None
    llm_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    llm_api_key: Annotated[SecretStr, AfterValidator(_is_key)] | None = None
    allowed_origins: _Origins = ()

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if (self.llm_base_url is None) != (self.llm_model is None):
            missing = "LLM_BASE_URL" if self.llm_base_url is None else "LLM_MODEL"
            raise ValueError(f"{PREFIX}{missing}: is missing; a language model needs both its address and its name")
        if self.llm_api_key is not None and self.llm_base_url is None:
            raise ValueError(f"{PREFIX}LLM_API_KEY: is a key to no language model; {PREFIX}LLM_BASE_URL is missing")
        return self


def read_settings(**given: Any) -> Settings:
    """Return the settings: `given` values first, then the environment, then the defaults.

    A `given` value of None counts as not given. Raises SettingsError, one line for all that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_complaint(item, given) for item in error.errors())) from None


def _complaint(item: Any, given: dict[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    name = str(item["loc"][0])
    shown = name if given.get(name) is not None else f"{PREFIX}{name.upper()}"
    got = "" if name in _SECRETS else f", got {item['input']!r}"
    return f"{shown}: {message[:1].lower()}{message[1:]}{got}"
