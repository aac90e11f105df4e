// The WebSocket as a browser opens it: the token beside the subprotocol, and a cookie that opens nothing.
import { address, addUser, open, PASSWORD, signIn } from "./people";
import { expect, test } from "./sereno";

test("a script hears of its user's own events, and a cookie opens nothing", async ({ page }) => {
  const email = address();
  addUser(email);
  await signIn(page, email, PASSWORD);
  await expect(page).toHaveURL(/\/account$/);
  await open(page, "/account");
  const login = await page.request.post("/api/v1/login", { data: { identifier: email, password: PASSWORD } });
  const token = (await login.json()).access_token;
  const heard = await page.evaluate(async (token) => {
    const opened = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/ws`, ["bearer", token]);
    const told: string[] = [];
    await new Promise<void>((done, fail) => {
      opened.onerror = () => fail(new Error("it was not opened"));
      opened.onmessage = async ({ data }) => {
        const message = JSON.parse(data);
        told.push(message.kind ?? message.type);
        if (message.type === "authenticated") {
          const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
          await fetch("/api/v1/me", { method: "PATCH", headers, body: JSON.stringify({ first_name: "Ana" }) });
        }
        if (message.kind === "profile_changed") done();
      };
    });
    opened.close();
    return { protocol: opened.protocol, told };
  }, token);
  expect(heard.protocol).toBe("bearer");
  expect(heard.told[0]).toBe("authenticated");
  // signed in, and without a token: nothing is told before one came
  const refused = await page.evaluate(async () => {
    const opened = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/ws`);
    opened.onopen = () => opened.send(JSON.stringify({ type: "authenticate", token: "nonsense" }));
    return new Promise<number>((done) => (opened.onclose = ({ code }) => done(code)));
  });
  expect(refused).toBe(4401);
});
