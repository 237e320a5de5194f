// A person who agrees to what a client asks for: the browser of an official TypeScript client. The code
// with which it is sent back is read on the way, so that nobody has to listen for it.
import { say } from "./plan.mjs";

const BACK = "http://127.0.0.1:9/callback";

export class Person {
  redirectUrl = BACK;
  clientMetadata = {
    client_name: "a client of the tests",
    redirect_uris: [BACK],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };

  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);

  async redirectToAuthorization(url) {
    say({ said: "asked", scopes: url.searchParams.get("scope").split(" ").sort() });
    const answer = await fetch(url, { redirect: "manual" });
    this.sentBack = new URL(answer.headers.get("location")).searchParams;
  }

  /** Does what the client wants to do, signing in where it has to. */
  async agree(transport, attempt) {
    try {
      return await attempt(transport());
    } catch (error) {
      const sentBack = this.sentBack;
      if (!sentBack) throw error;
      this.sentBack = undefined;
      await transport().finishAuth(sentBack.get("code"), sentBack.get("iss"));
      return await attempt(transport(true));
    }
  }
}
