// An OpenID provider on this machine: discovery, keys, a page with one button, and tokens for the code.
import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const CLIENT = { id: "sereno-client", secret: "sereno-secret" };

/** Who signs in there. */
export interface Person {
  sub: string;
  email: string;
  name: string;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function startProvider(person: Person) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
  const codes = new Map<string, { nonce: string; challenge: string }>();
  let issuer = "";

  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

  const idToken = (nonce: string) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: CLIENT.id, iat: now, exp: now + 300, nonce, email_verified: true, ...person };
    const message = `${encoded({ alg: "RS256", kid: "one", typ: "JWT" })}.${encoded(claims)}`;
    return `${message}.${createSign("RSA-SHA256").update(message).sign(privateKey, "base64url")}`;
  };

  const exchange = async (request: IncomingMessage, response: ServerResponse) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const form = new URLSearchParams(text);
    const kept = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    if (form.get("client_id") !== CLIENT.id || form.get("client_secret") !== CLIENT.secret) {
      return json(response, 401, { error: "invalid_client" });
    }
    const proof = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (kept?.challenge !== proof) return json(response, 400, { error: "invalid_grant" });
    json(response, 200, { access_token: randomUUID(), token_type: "Bearer", id_token: idToken(kept.nonce) });
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    const of = (name: string) => url.searchParams.get(name) ?? "";
    if (url.pathname === "/.well-known/openid-configuration") {
      return json(response, 200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["client_secret_post"],
        authorization_response_iss_parameter_supported: true,
      });
    }
    if (url.pathname === "/keys") return json(response, 200, { keys: [jwk] });
    if (url.pathname === "/token") return void exchange(request, response);
    if (url.pathname !== "/authorize") return void response.writeHead(404).end();
    const back = (more: Record<string, string>) => {
      const to = new URL(of("redirect_uri"));
      for (const [name, value] of Object.entries({ state: of("state"), iss: issuer, ...more })) {
        to.searchParams.set(name, value);
      }
      return to.href.replaceAll("&", "&amp;");
    };
    const code = randomUUID();
    codes.set(code, { nonce: of("nonce"), challenge: of("code_challenge") });
    response.writeHead(200, { "content-type": "text/html" }).end(
      `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><h1>Provider</h1>
      <p><a href="${back({ code })}">Agree</a> <a href="${back({ error: "access_denied" })}">Refuse</a></p>`,
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { issuer, stop: () => new Promise((done) => server.close(done)) };
}
