// The official TypeScript SDK, generation 1.
import { carryOut, use } from "./plan.mjs";

const { Client } = use("@modelcontextprotocol/sdk/client/index.js");
const stdio = use("@modelcontextprotocol/sdk/client/stdio.js");
const http = use("@modelcontextprotocol/sdk/client/streamableHttp.js");

const client = new Client({ name: "typescript-1", version: "1.0.0" });
let negotiated;
const transports = {
  StdioClientTransport: watched(stdio.StdioClientTransport),
  StreamableHTTPClientTransport: watched(http.StreamableHTTPClientTransport),
};
await carryOut(client, transports, () => negotiated);

// This generation tells the version that was agreed on to its transport only.
function watched(Transport) {
  return class extends Transport {
    setProtocolVersion(version) {
      negotiated = version;
      super.setProtocolVersion?.(version);
    }
  };
}
