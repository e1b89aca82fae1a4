"""Serve the tools by the Model Context Protocol, over whatever carries it.

The SDK's own decorators make a model of a function's parameters: it would take unknown arguments in silence, and answer
bad ones with pydantic's prose. Its plain server leaves both to the request models that the HTTP API has, too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import metadata
from typing import Any

from anyio import to_thread
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as WireTool
from pydantic import ValidationError
from starlette.requests import Request

from corpus.errors import UnknownNameError
from index.retriever import Retriever
from service.addresses import base_address
from service.mcp_schemas import Shelf
from service.mcp_tools import INSTRUCTIONS, TOOLS, Tool
from service.problems import INTERNAL_ERROR, ProblemError

logger = logging.getLogger(__name__)

Opened = Callable[[Request | None], Awaitable[Retriever]]
"""Return the retriever for a request, None where it did not come by HTTP; ProblemError where there is none (yet)."""

_MAX_ERRORS = 20
_MAX_NAME = 100
_BY_NAME = {tool.name: tool for tool in TOOLS}
# A proxy that takes a prefix off the path says so in this header. It may hold what stands in a path unquoted.


def create_server(opened: Opened) -> Server[Any]:
    """Return the protocol's server for the tools, which keeps nothing between requests."""

    async def list_tools(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(tool) for tool in TOOLS])

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        tool = _BY_NAME.get(params.name)
        if tool is None:
            known = ", ".join(_BY_NAME)
            raise MCPError(INVALID_PARAMS, f"there is no tool {_shown(params.name)}; there are {known}")
        # A model that fills in every argument writes null for those that it has no value for.
        arguments = {name: value for name, value in (params.arguments or {}).items() if value is not None}
        try:
            given = tool.arguments.model_validate(arguments)
        except ValidationError as error:
            return _failed(_complaint(tool, error))
        try:
            shelf = Shelf(await opened(context.request), context.request and base_address(context.request))
            return await to_thread.run_sync(partial(_answered, tool, shelf, given))
        except (UnknownNameError, ProblemError) as error:
            return _failed(str(error))
        except Exception:
            logger.exception("the tool %s failed", tool.name)
            return _failed(INTERNAL_ERROR.meaning)

    return Server(
        "zhijian",
        title="智建 zhijian",
        version=metadata.version("zhijian"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool) -> WireTool:
    return WireTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )


def _answered(tool: Tool, shelf: Shelf, given: Any) -> CallToolResult:
    result = tool.run(shelf, given)
    text = TextContent(type="text", text=result.model_dump_json())
    return CallToolResult(content=[text], structured_content=result.model_dump(mode="json"))


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


def _complaint(tool: Tool, error: ValidationError) -> str:
    """Say what is wrong with which argument, one line each."""
    known = ", ".join(tool.arguments.model_fields)
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    lines = []
    for item in errors[:_MAX_ERRORS]:
        if item["type"] == "extra_forbidden":
            lines.append(f"there is no argument {_shown(str(item['loc'][0]))}; {tool.name} takes {known}")
        else:
            # Only a name that is half a surrogate pair has no place.
            lines.append(f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}")
    return "\n".join(lines)


def _shown(name: str) -> str:
    """Return a stranger's word quoted, short, and without what can't be printed, half a surrogate pair for one."""
    return repr(name if len(name) <= _MAX_NAME else f"{name[:_MAX_NAME]}…")
