// The official TypeScript SDK, generation 2.
import { carryOut, plan, use } from "./plan.mjs";

const { Client, StreamableHTTPClientTransport } = use("@modelcontextprotocol/client");
const { StdioClientTransport } = use("@modelcontextprotocol/client/stdio");

const options = { versionNegotiation: { mode: plan.era } };
if (plan.version) options.supportedProtocolVersions = [plan.version];
const client = new Client({ name: "typescript-2", version: "1.0.0" }, options);
await carryOut(client, { StdioClientTransport, StreamableHTTPClientTransport }, () =>
  client.getNegotiatedProtocolVersion(),
);
