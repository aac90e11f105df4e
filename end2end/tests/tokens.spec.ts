// Tokens as programs of others see them: four implementations that have nothing in common with ours verify what we sign
// against the keys we publish, and refuse what was changed. Each is given nothing but the address of the keys.
import { createVerifier } from "fast-jwt";
import * as jose from "jose";
import jsonwebtoken from "jsonwebtoken";
import { execFileSync } from "node:child_process";
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, startSereno, test } from "./sereno";

type Algorithm = "EdDSA" | "ES256" | "RS256";
type Check = (token: string, keys: URL, algorithm: Algorithm, issuer: string) => Promise<unknown>;
const PASSWORD = "wheelbarrow at dawn";
const AUDIENCE = "https://shop.example.org";

/** The key of this name, as it is served right now. */
async function served(keys: URL, kid?: string): Promise<KeyObject> {
  const set: { keys: (JsonWebKey & { kid: string })[] } = await (await fetch(keys)).json();
  const jwk = set.keys.find((key) => key.kid === kid);
  if (!jwk) throw new Error("no such key");
  return createPublicKey({ key: jwk, format: "jwk" });
}

/** Each finds the token's key where it is served, verifies the token by it, and gives its subject, or throws. */
const LIBRARIES: Record<string, Check> = {
  jose: async (token, keys, algorithm, issuer) => {
    const wanted = { algorithms: [algorithm], issuer, audience: AUDIENCE, typ: "at+jwt" };
    return (await jose.jwtVerify(token, jose.createRemoteJWKSet(keys), wanted)).payload.sub;
  },
  "fast-jwt": async (token, keys, algorithm, issuer) => {
    const key = async ({ header }: { header: { kid?: string } }) => {
      const pem = (await served(keys, header.kid)).export({ type: "spki", format: "pem" });
      return pem.toString();
    };
    const asked = createVerifier({ key, algorithms: [algorithm], allowedIss: issuer, allowedAud: AUDIENCE });
    return (await asked(token)).sub;
  },
  jsonwebtoken: (token, keys, algorithm, issuer) =>
    new Promise((done, fail) => {
      const key: jsonwebtoken.GetPublicKeyOrSecret = ({ kid }, tell) =>
        void served(keys, kid).then((found) => tell(null, found), tell);
      const algorithms = [algorithm as jsonwebtoken.Algorithm];
      jsonwebtoken.verify(token, key, { algorithms, issuer, audience: AUDIENCE }, (error, claims) =>
        error ? fail(error) : done(claims?.sub),
      );
    }),
  "node:crypto": async (token, keys, algorithm) => {
    const [header, payload, signature] = token.split(".");
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
    const key = await served(keys, kid);
    const signed = Buffer.from(`${header}.${payload}`);
    const how =
      algorithm === "RS256" ? { key, padding: constants.RSA_PKCS1_PADDING } : { key, dsaEncoding: "ieee-p1363" as const };
    const hash = algorithm === "EdDSA" ? null : "sha256";
    if (!verify(hash, signed, how, Buffer.from(signature, "base64url"))) throw new Error("signature");
    return JSON.parse(Buffer.from(payload, "base64url").toString()).sub;
  },
};

/** The same token with another signature, and with other claims. */
function changed(token: string): string[] {
  const [header, payload, signature] = token.split(".");
  const flipped = signature.slice(0, 10) + (signature[10] === "A" ? "B" : "A") + signature.slice(11);
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const other = Buffer.from(JSON.stringify({ ...claims, sub: "somebody-else" })).toString("base64url");
  return [`${header}.${payload}.${flipped}`, `${header}.${other}.${signature}`];
}

test("four libraries of others verify our tokens and refuse changed ones", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sereno-tokens-"));
  const binary = process.env.SERENO_BIN ?? "";
  const run = (args: string[], input = "") =>
    execFileSync(binary, args, { cwd: folder, input, stdio: ["pipe", "ignore", "inherit"] });
  const algorithms: Algorithm[] = ["EdDSA", "ES256", "RS256"];
  for (const algorithm of algorithms) {
    writeFileSync(join(folder, "profile.json"), JSON.stringify({ algorithm, audience: [AUDIENCE] }));
    run(["application", "add", "--name", algorithm, "--client-id", algorithm, "--profile", "profile.json"]);
  }
  run(["user", "add", "--email", "ana@example.org", "--password-stdin"], `${PASSWORD}\n`);
  const sereno = await startSereno(binary, folder);
  try {
    const keys = new URL("/.well-known/jwks.json", sereno.url);
    for (const algorithm of algorithms) {
      const answer = await fetch(`${sereno.url}/api/v1/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ identifier: "ana@example.org", password: PASSWORD, client_id: algorithm }),
      });
      const { access_token: token, user } = await answer.json();
      const header = jose.decodeProtectedHeader(token);
      expect(header).toMatchObject({ alg: algorithm, typ: "at+jwt" });
      for (const [name, check] of Object.entries(LIBRARIES)) {
        // this one knows no Ed25519
        if (name === "jsonwebtoken" && algorithm === "EdDSA") continue;
        const asked = async (text: string) => check(text, keys, algorithm, sereno.url);
        expect(await asked(token), `${name}, ${algorithm}`).toBe(user.id);
        for (const text of changed(token)) await expect(asked(text), `${name}, ${algorithm}`).rejects.toThrow();
      }
    }
  } finally {
    await sereno.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
