// What every client script shares: the plan it is given and the lines it answers with.
//
// The plan is the first argument, as JSON:
//   {"server": {"command", "args"} | {"url", "token"?}, "era", "version"?, "calls": [{"id", "tool", "arguments"}]}
// Each line printed is one JSON object: `connected`, `listed`, then one `called` for each call. A client
// with a URL and no token signs in, and says `asked` with the scopes whenever it asks a person for them.
import { createRequire } from "node:module";
import { join } from "node:path";
import { Person } from "./sign-in.mjs";

export const plan = JSON.parse(process.argv[2]);

// The packages are installed in a cache folder, which `import` would not search.
export const use = createRequire(join(process.env.GUARD_TEST_CLIENTS, "package.json"));

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Connects with an official TypeScript client, of either generation, and carries the plan out. */
export async function carryOut(client, transports, protocolVersion) {
  const person = plan.server.url && !plan.server.token ? new Person() : undefined;
  let transport = open(transports, person);
  const signedIn = (attempt, reopen) =>
    person ? person.agree((again) => (transport = again && reopen ? open(transports, person) : transport), attempt) : attempt(transport);
  // A transport that was turned away cannot be opened again.
  await signedIn((transport) => client.connect(transport), true);
  say({ said: "connected", version: protocolVersion() });
  // Listing comes first: a client checks results only against schemas that it has seen.
  say({ said: "listed", tools: (await client.listTools()).tools });
  for (const { id, tool, arguments: args } of plan.calls) {
    try {
      const result = await signedIn(() => client.callTool({ name: tool, arguments: args }));
      say({ said: "called", id, result });
    } catch (error) {
      say({ said: "called", id, error: { code: error.code, message: error.message } });
    }
  }
  await client.close();
}

function open({ StdioClientTransport, StreamableHTTPClientTransport }, authProvider) {
  const { command, args, url, token } = plan.server;
  if (command) return new StdioClientTransport({ command, args, stderr: "inherit" });
  if (authProvider) return new StreamableHTTPClientTransport(new URL(url), { authProvider });
  const headers = { Authorization: `Bearer ${token}` };
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}
