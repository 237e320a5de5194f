"""The official Python SDK. The plan and the lines printed are those of `plan.mjs`."""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError


def say(line):
    print(json.dumps(line), flush=True)


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


BACK = "http://127.0.0.1:9/callback"


class Person:
    """Agrees to what a client asks for, and remembers what it got: its browser and its storage."""

    tokens = client = sent_back = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client

    async def browse(self, url):
        scopes = parse_qs(urlsplit(url).query)["scope"][0].split()
        say({"said": "asked", "scopes": sorted(scopes)})
        # The code with which it is sent back is read on the way, so that nobody has to listen for it.
        async with httpx2.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(url)
        self.sent_back = parse_qs(urlsplit(answer.headers["location"]).query)

    async def bring_back(self):
        code, state, iss = (self.sent_back[name][0] for name in ("code", "state", "iss"))
        return AuthorizationCodeResult(code=code, state=state, iss=iss)


def signing_in(url):
    metadata = OAuthClientMetadata(redirect_uris=[BACK], token_endpoint_auth_method="none")
    person = Person()
    return OAuthClientProvider(url, metadata, person, person.browse, person.bring_back)


def target(server):
    if "command" in server:
        return StdioServerParameters(command=server["command"], args=server["args"])
    if "token" in server:
        headers = {"Authorization": f"Bearer {server['token']}"}
        http_client = create_mcp_http_client(headers=headers)
    else:
        http_client = create_mcp_http_client(auth=signing_in(server["url"]))
    return streamable_http_client(server["url"], http_client=http_client)


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
