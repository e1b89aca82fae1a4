"""What clients of OpenAI's protocol send. They send much that means nothing here, so unknown fields are passed over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from service.requests import readable

MAX_MESSAGES = 10_000
MAX_INPUTS = 2048
# No encoder reads so much; how much it does read is for its tokens to say.
_MAX_INPUT = 100_000


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Part(_Tolerant):
    """Hold a part of a message: its text where its `type` is `text`, otherwise something that can't be read here."""

    type: str
    text: str | None = None


def _in_parts(content: Any) -> Any:
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise PydanticCustomError("content", "The content of a message is text or a list of parts")
    return content


Content = Annotated[list[Part], BeforeValidator(_in_parts, json_schema_input_type=str | list[Part] | None)]
"""What a message holds, text alone as one part."""


class Message(_Tolerant):
    """Hold one message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = []

    @property
    def text(self) -> str:
        """Return what is written in the message."""
        return "\n".join(part.text for part in self.content if part.type == "text" and part.text)


class StreamOptions(_Tolerant):
    """Hold what a stream is to bring beside the answer."""

    include_usage: bool | None = None


class ResponseFormat(_Tolerant):
    """Hold in what form an answer is wanted."""

    type: str


class ChatRequest(_Tolerant):
    """Ask for an answer to the last message of the user; earlier ones are the conversation that it goes on."""

    model: str = Field(examples=["zhijian"])
    messages: list[Message] = Field(
        min_length=1,
        max_length=MAX_MESSAGES,
        description="The last `user` message is the question, up to 2,000 characters; the 20 before it are its "
        "history. Messages of other roles change nothing. Images and other parts that are not text are refused in the "
        "question and passed over in earlier messages.",
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, description="Only 1.")
    response_format: ResponseFormat | None = Field(None, description="Only text.")


Text = Annotated[str, BeforeValidator(readable(_MAX_INPUT)), Field(min_length=1, max_length=_MAX_INPUT)]


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, int | list):
        raise PydanticCustomError(
            "tokens",
            "Send texts, not token ids, which another model counted (langchain: check_embedding_ctx_length=False)",
        )
    return value


Texts = Annotated[
    list[Text],
    Field(min_length=1, max_length=MAX_INPUTS),
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
]
"""One text or some; each is 1 to 100,000 code points after stripping."""


class EmbeddingsRequest(_Tolerant):
    """Ask for the vectors of texts."""

    model: str = Field(examples=["zhijian-e5-small"])
    input: Texts
    input_type: Literal["query", "passage"] = Field(
        "query",
        description="`query` for what is asked, or texts that are compared with each other; `passage` for what is "
        "searched. The encoder reads the two differently.",
    )
    encoding_format: Literal["float", "base64"] | None = Field(
        None, description="`base64`: the bytes of little-endian 32-bit floats."
    )
    dimensions: int | None = Field(None, description="Only the encoder's own number: its vectors can't be shortened.")
