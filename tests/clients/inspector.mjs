// The MCP Inspector's command line: a process, and so a connection, for each request.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { plan, say, use } from "./plan.mjs";

const root = dirname(use.resolve("@modelcontextprotocol/inspector/package.json"));
const launcher = join(root, "clients/launcher/build/index.js");

say({ said: "connected", version: null });
const listing = inspect("--method", "tools/list", "--strict");
// `--strict` fails on a schema that some client could not use, and says which.
if (listing.status !== 0) throw new Error(`tools/list: ${listing.status} ${listing.stderr}`);
say({ said: "listed", tools: JSON.parse(listing.stdout).result.tools });
for (const { id, tool, arguments: args } of plan.calls) {
  const named = ["--tool-name", tool, "--tool-args-json", JSON.stringify(args)];
  const call = inspect("--method", "tools/call", ...named);
  // A result that is an error is printed like any other, and noted on stderr besides.
  if (call.stdout) say({ said: "called", id, result: JSON.parse(call.stdout).result });
  else say({ said: "called", id, error: JSON.parse(call.stderr).error });
}

function inspect(...request) {
  const flags = ["--cli", "--quiet", "--format", "json", "--protocol-era", plan.era, ...request];
  return spawnSync(process.execPath, [launcher, ...flags, ...target()], { encoding: "utf8" });
}

function target() {
  const { command, args, url, token } = plan.server;
  if (command) return [command, "--", ...args];
  return [url, "--header", `Authorization: Bearer ${token}`];
}
