// A service of Express whose route wants a token of Sereno and a permission.
// npm install express jose
import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { SERENO, SERENO_SECRET, PORT = "9000" } = process.env;
const keys = createRemoteJWKSet(new URL(`${SERENO}/.well-known/jwks.json`));
// an application with the scope access:check
const basic = `Basic ${Buffer.from(`shop:${SERENO_SECRET}`).toString("base64")}`;

// the access token is checked here, by the public keys, without asking Sereno
async function signedIn(request, response, next) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || !token) return response.status(401).json({ code: "authentication_required" });
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: SERENO,
      audience: SERENO,
      algorithms: ["EdDSA"],
      requiredClaims: ["exp", "sub"],
    });
    request.user = payload.sub;
  } catch {
    return response.status(401).json({ code: "invalid_token" });
  }
  next();
}

// the permission is asked for, so that what staff takes away is gone at once
const may = (permission, project) => async (request, response, next) => {
  const answer = await fetch(`${SERENO}/api/v1/check`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: basic },
    body: JSON.stringify({ permission, project, user: request.user }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) return response.status(503).json({ code: "unavailable" });
  const { allowed } = await answer.json();
  if (!allowed) return response.status(403).json({ code: "permission_denied" });
  next();
};

const app = express();
app.post("/sell", signedIn, may("shop.sell"), (request, response) => {
  response.json({ sold_by: request.user });
});
app.listen(Number(PORT), "127.0.0.1");
