// The nginx configuration of the handbook, as it stands there, in front of a service that tells whom it sees.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { addUser, address, PASSWORD, sereno } from "./people";
import { expect, freePort, test } from "./sereno";

const HANDBOOK = resolve(import.meta.dirname, "../../docs/authorization.md");

/** The block of the handbook, listening and asking where this test wants. */
function configuration(port: number, service: number): string {
  const block = /```nginx\n([\s\S]*?)```/.exec(readFileSync(HANDBOOK, "utf8"))?.[1] ?? "";
  const [listens, passes, asks] = ["listen 8080;", "http://127.0.0.1:9000", "http://127.0.0.1:3000"];
  for (const part of [listens, passes, asks]) expect(block).toContain(part);
  const server = block
    .replace(listens, `listen 127.0.0.1:${port};`)
    .replace(passes, `http://127.0.0.1:${service}`)
    .replace(asks, `http://127.0.0.1:${process.env.SERENO_E2E_PORT}`);
  return `daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
    events {}
    http {
      access_log off;
      client_body_temp_path t/b; proxy_temp_path t/p; fastcgi_temp_path t/f; uwsgi_temp_path t/u; scgi_temp_path t/s;
      ${server}
    }`;
}

test("nginx lets through who may, and says who it is", async ({ baseURL }) => {
  const email = address("seller");
  const id = addUser(email);
  const folder = mkdtempSync(join(tmpdir(), "sereno-nginx-"));
  const seen: IncomingHttpHeaders[] = [];
  const service = createServer((request, response) => {
    seen.push(request.headers);
    response.end("the shop");
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const to = service.address();
  const port = freePort();
  mkdirSync(join(folder, "t"));
  writeFileSync(join(folder, "nginx.conf"), configuration(port, typeof to === "object" && to ? to.port : 0));
  const nginx = spawn("/usr/sbin/nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { stdio: "inherit" });
  try {
    const catalogue = { permissions: [{ codename: "shop.sell" }], roles: [{ codename: "seller", permissions: ["shop.sell"] }] };
    writeFileSync(join(folder, "shop.json"), JSON.stringify(catalogue));
    sereno(["application", "add", "--name", "Shop", "--client-id", "shop", "--kind", "confidential"]);
    sereno(["catalogue", "apply", "--client-id", "shop", join(folder, "shop.json")]);
    const login = await fetch(`${baseURL}/api/v1/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ identifier: email, password: PASSWORD }),
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const shop = async (headers: Record<string, string> = {}) => {
      try {
        return (await fetch(`http://127.0.0.1:${port}/`, { headers })).status;
      } catch {
        return 0;
      }
    };
    const mine = { Authorization: `Bearer ${token}` };
    await expect.poll(() => shop(), { message: "nginx" }).toBe(401);
    expect(await shop({ Authorization: "Bearer nonsense", "Remote-User": id })).toBe(401);
    expect(await shop(mine)).toBe(403);
    expect(seen).toEqual([]);
    sereno(["role", "assign", "seller", "--user", email]);
    expect(await shop({ ...mine, "Remote-User": "somebody else", "Remote-Name": "root", "Remote-Groups": "administrator" })).toBe(200);
    const [headers] = seen;
    expect(headers?.["remote-user"]).toBe(id);
    expect(headers?.["remote-email"]).toBe(email);
    expect(headers?.["remote-groups"]).toBe("seller");
    expect(headers?.["remote-name"]).toBeUndefined();
    sereno(["role", "revoke", "seller", "--user", email]);
    expect(await shop(mine)).toBe(403);
  } finally {
    nginx.kill("SIGTERM");
    service.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
