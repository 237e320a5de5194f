"""The official Python SDK. The plan and the lines printed are those of `plan.mjs`."""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError


def say(line):
    print(json.dumps(line), flush=True)


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def target(server):
    if "command" in server:
        return StdioServerParameters(command=server["command"], args=server["args"])
    headers = {"Authorization": f"Bearer {server['token']}"}
    return streamable_http_client(
        server["url"], http_client=create_mcp_http_client(headers=headers)
    )


async def carry_out(plan):
    async with Client(target(plan["server"]), mode=plan["era"]) as client:
        say({"said": "connected", "version": client.protocol_version})
        # Listing comes first: a client checks results only against schemas that it has seen.
        listed = await client.list_tools()
        say({"said": "listed", "tools": [plain(tool) for tool in listed.tools]})
        for call in plan["calls"]:
            try:
                result = await client.call_tool(call["tool"], call["arguments"])
                say({"said": "called", "id": call["id"], "result": plain(result)})
            except MCPError as error:
                told = {"code": error.error.code, "message": error.error.message}
                say({"said": "called", "id": call["id"], "error": told})


asyncio.run(carry_out(json.loads(sys.argv[1])))
