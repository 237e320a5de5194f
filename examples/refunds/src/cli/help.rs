//! What `--help` prints.

/// The whole text.
pub(crate) const HELP: &str = "\
An MCP server that refunds orders, and the payments service behind it.

Usage:
  refunds [--store PLACE]                  Serve MCP on standard input and output
  refunds http [--listen ADDRESS] [--store PLACE]
                                           Serve MCP over HTTP (default 127.0.0.1:8787)
           [--issuer URL]                  for callers with tokens of this issuer
  refunds issuer [--listen ADDRESS]        Run an authorization server to try that out, which lets
                                           everybody on this machine in (default 127.0.0.1:9797)
  refunds payments [--listen ADDRESS] [--db FILE]
                                           Run the payments service (default 127.0.0.1:4242)
  refunds demo [--store PLACE]             Watch an agent try everything, and the ledger hold. In a
                                           store of its own, unless a PLACE to try out is named
  refunds attack [--attacks N] [--json]    Let an adversary loose on the tools, guarded and bare, and
                                           compare what lands. Fails if it is anything on the guarded
  refunds bare                             Serve the same tools without the guard on standard input and
                                           output. Never put them in front of a model
  refunds manifest                         Print what the tools allow, as policy.json has it
  refunds --help | --version

What became of calls of which nobody heard the end:
  refunds operations list                  What is not known to have been done or not
  refunds operations show ID               One of them: what to look for at the payments service
  refunds operations resolve ID --by NAME --done [--result JSON]
                                           It was done. The agent is answered with this result
  refunds operations resolve ID --by NAME --not-done
                                           It was not, and can no longer come to be: the same call
                                           may be made again
  Each takes [--store PLACE], and --json to print JSON.

PLACE is where keys and answers are kept: the path of a file, or postgres://... or redis://... where
the program was built with that. A password is better off in REFUNDS_STORE than on a command line.

Environment of the MCP server:
  MCP_GUARD_SUBJECT           Who is calling. Without it, and without REFUNDS_PAYMENTS_URL, a trial
                              caller that may read orders and make refunds
  MCP_GUARD_SCOPES            What they may do, separated by spaces: \"orders refunds\"
  MCP_GUARD_TENANT            The organization they belong to, if there are several
  REFUNDS_STORE               PLACE, where --store does not say (default: refunds.db in your data
                              folder)
  REFUNDS_PAYMENTS_URL        Address of the payments service. Without it, the server runs one of
                              its own with play money, its ledger beside the store
  REFUNDS_PAYMENTS_TOKEN      Token of the service account there; the model never sees it
  REFUNDS_PAYMENTS_TIMEOUT_MS How long the payments service may take (default 5000)
  REFUNDS_HTTP_TOKEN          http: the bearer token of the caller named above
  REFUNDS_HTTP_TOKENS         http: a file with more callers, one a line: TOKEN SUBJECT SCOPE...
  REFUNDS_RESOURCE            http --issuer: the URL at which clients reach the server, which its
                              tokens name (default: the address that it listens on)
  REFUNDS_TENANT_CLAIM        http --issuer: the claim that names the caller's organization
  REFUNDS_INTROSPECTION_SECRET
                              http --issuer, issuer: tokens are opaque, and the server asks the issuer
                              about each, as client \"refunds\" with this secret
  REFUNDS_LEASE_MS            How long a call that died counts as under way (default 60000)
  REFUNDS_RECONCILE_MS        How often the server looks up what is unknown (default 30000)
  RUST_LOG                    What is logged to standard error (default: warn; for operations also
                              the audit trail)

Environment of the payments service:
  REFUNDS_PAYMENTS_TOKEN       Token that it asks of its callers
  REFUNDS_PAYMENTS_ADMIN_TOKEN Token that allows telling it to misbehave; without it, nobody may

Environment of the issuer: MCP_GUARD_SUBJECT, MCP_GUARD_SCOPES and MCP_GUARD_TENANT name the person whom
it knows, who agrees to everything that they may do (default: demo-user, \"orders refunds\").
  REFUNDS_ISSUER_ADMIN_TOKEN   Token that allows turning its keys over and having any token made; without
                               it, nobody may
";
