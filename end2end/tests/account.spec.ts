// The journey of an account: sign up, confirm the address, sign in, sign out; and what goes wrong on the way. Every
// journey runs twice, with and without JavaScript.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { address, addUser, alive, mailTo, open, PASSWORD, sereno, signIn } from "./people";
import { holdsUp, isFlawless } from "./quality";
import { expect, startSereno, test, withoutJavaScript } from "./sereno";

// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("sign up, confirm by link, sign in, sign out", async ({ page }) => {
    const email = address();
    await open(page, "/account/sign-up");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();

    const { link } = await mailTo(email);
    // opening the link, as mail scanners do, changes nothing
    await open(page, link);
    await open(page, link);
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByText("You can sign in now.")).toBeVisible();
    expect(page.url()).not.toContain("token");

    await alive(page);
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveTitle("Your account · Sereno");
    await expect(page.getByRole("definition").filter({ hasText: email })).toContainText("Confirmed");
    await expect(page.getByRole("link", { name: "Open the console" })).toHaveCount(0);

    await alive(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await page.goto("/account");
    await expect(page).toHaveURL(/\/account\/sign-in$/);
  });

  test("confirm by code on another device, spaces and all", async ({ page }) => {
    const email = address();
    await open(page, "/account/sign-up");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("User name").fill(email.split("@")[0]);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    // else the next page is asked for while the post still leads here
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    const { code } = await mailTo(email);
    await open(page, "/account/activate");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Code from the mail").fill(code.replace("-", " "));
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByText("You can sign in now.")).toBeVisible();
    await signIn(page, email.split("@")[0]);
    await expect(page).toHaveURL(/\/account$/);
  });

  test("a refused form says why, keeps what was typed, and takes the focus", async ({ page, problems }) => {
    problems.allow(REFUSED);
    await open(page, "/account/sign-up");
    await page.getByLabel("E-mail address").fill("ana");
    await page.getByLabel("User name").fill("ana@home");
    await page.getByLabel("Password").fill("1234567");
    await page.getByRole("button", { name: "Create account" }).click();

    const summary = page.getByRole("alert");
    await expect(summary).toBeFocused();
    await expect(page).toHaveTitle("Error: Create an account · Sereno");
    await expect(summary.getByRole("link", { name: "It needs at least 8 characters." })).toBeVisible();
    const email = page.getByLabel("E-mail address");
    await expect(email).toHaveValue("ana");
    await expect(email).toHaveAttribute("aria-invalid", "true");
    await expect(email).toHaveAccessibleDescription(/Please write an e-mail address/);
    await expect(page.getByLabel("User name")).toHaveAccessibleDescription(/no @/);
    await summary.getByRole("link", { name: /e-mail address/ }).click();
    await expect(email).toBeFocused();

    const right = address();
    await email.fill(right);
    await page.getByLabel("User name").fill("");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  });

  test("a taken address looks like a new one", async ({ page }) => {
    const email = address();
    addUser(email);
    await open(page, "/account/sign-up");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  });

  test("a wrong password is refused, and nothing more is told", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    for (const name of [email, address("nobody")]) {
      await signIn(page, name, "not the password");
      await expect(page.getByRole("alert")).toContainText("not the right combination");
      await expect(page.getByLabel("E-mail address or user name")).toHaveValue(name);
      await expect(page.getByLabel("Password")).not.toHaveAttribute("value");
    }
    await page.reload();
    await expect(page.getByRole("alert")).toHaveCount(0);
  });

  test("whoever has not confirmed gets another mail, and a link works once", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email, "--inactive");
    const first = await mailTo(email);
    await signIn(page, email);
    await expect(page.getByRole("alert")).toContainText("confirm your address first");
    await page.getByRole("link", { name: "Send another mail" }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Send another mail" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    const second = await mailTo(email, 2);

    await open(page, second.link);
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByText("You can sign in now.")).toBeVisible();

    for (const { link } of [first, second]) {
      await open(page, link);
      await page.getByRole("button", { name: "Confirm address" }).click();
      await expect(page.getByRole("alert")).toContainText("has been used, has expired or is wrong");
      await expect(page.getByRole("link", { name: "Send another mail" })).toBeVisible();
    }
  });

  test("sign-in leads to where the visitor wanted to go, if that is here", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await open(page, "/console/users?q=ana");
    await expect(page).toHaveURL(/\/account\/sign-in\?next=%2Fconsole%2Fusers%3Fq%3Dana$/);
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/\/console\/users\?q=ana$/);
    await expect(page.getByRole("heading", { name: "You cannot open this page" })).toBeVisible();

    await alive(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await open(page, "/account/sign-in?next=//evil.example/");
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/127\.0\.0\.1:\d+\/account$/);
  });

  test("the pages speak other languages, and remember which", async ({ page }) => {
    await open(page, "/account/sign-in");
    await page.getByRole("link", { name: "Deutsch" }).click();
    await expect(page.getByRole("heading", { name: "Anmelden" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await alive(page);
    await page.getByRole("link", { name: "Konto anlegen" }).click();
    await expect(page).toHaveTitle("Konto anlegen · Sereno");
    await page.reload();
    await expect(page).toHaveTitle("Konto anlegen · Sereno");
  });

  test("the link on the terminal makes the first administrator, once", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const folder = mkdtempSync(join(tmpdir(), "sereno-setup-"));
    const server = await startSereno(process.env.SERENO_BIN ?? "", folder);
    try {
      const token = new URL(sereno(["setup-link"], "", folder)).search;
      await open(page, `${server.url}/setup${token}`);
      await page.getByLabel("E-mail address").fill("admin@example.org");
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Create administrator" }).click();
      await expect(page.getByRole("alert")).toContainText("at least 8 characters");
      await alive(page);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Create administrator" }).click();
      await expect(page).toHaveTitle("Overview · Sereno");

      await open(page, `${server.url}/setup${token}`);
      await expect(page.getByRole("heading", { name: "This set-up link does not work" })).toBeVisible();
      await expect(page.getByRole("button", { name: "Create administrator" })).toHaveCount(0);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
}

for (const path of [
  "/account/sign-in",
  "/account/sign-up",
  "/account/activate",
  "/account/activate?done=sent",
  "/account/activate?token=x",
  "/account/activate?token=x&password=none",
  "/account/resend-activation",
  "/account/forgot-password",
  "/account/forgot-password?done=sent",
  "/account/reset-password?token=x",
  "/account/reset-password",
  "/account/confirm-email?token=x",
  "/account/confirm-email?done=confirmed",
  "/account/signed-out",
  "/setup?token=x",
  "/setup",
  "/no/such/page",
]) {
  test(`${path} holds up in both themes and on a narrow screen`, async ({ page, problems }) => {
    // what is not there, and a set-up link that does not work
    problems.allow(/status of 40[04]/);
    await holdsUp(page, path);
  });
}

// the last is closed to who is no staff
for (const path of ["/account", "/account?done=password", "/console"]) {
  test(`${path} holds up too, for who is signed in`, async ({ page, problems }) => {
    problems.allow(/status of 403/);
    const email = address();
    addUser(email);
    await signIn(page, email);
    await expect(page).toHaveURL(/\/account$/);
    await holdsUp(page, path);
  });
}

test("a form that cannot be sent, or is refused on the way, says so in words", async ({ page, problems }) => {
  problems.allow(/status of (503|403)|ERR_FAILED/);
  await open(page, "/account/sign-in");
  await page.getByLabel("E-mail address or user name").fill("ana");
  await page.getByLabel("Password").fill(PASSWORD);
  const said = (words: RegExp) => expect(page.getByRole("alert")).toContainText(words);
  const send = () => page.getByRole("button", { name: "Sign in" }).click();
  const problem = (status: number, code: string) =>
    JSON.stringify({ type: `urn:sereno:problem:${code}`, title: code, status, code });
  await page.route("**/account/fn/sign_in", (route) => route.abort());
  await send();
  await said(/cannot be reached/);
  const contentType = "application/problem+json";
  await page.unroute("**/account/fn/sign_in");
  await page.route("**/account/fn/sign_in", (route) =>
    route.fulfill({ status: 503, contentType, body: problem(503, "overloaded") }),
  );
  await send();
  await said(/a lot to do right now/);
  // as a proxy in front answers
  await page.unroute("**/account/fn/sign_in");
  await page.route("**/account/fn/sign_in", (route) =>
    route.fulfill({ status: 503, contentType: "text/html", body: "<h1>Bad gateway</h1>" }),
  );
  await send();
  await said(/our fault, not yours/);
});

test("a page with errors holds up too", async ({ page, problems }) => {
  problems.allow(REFUSED);
  await open(page, "/account/sign-up");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await isFlawless(page, "a page with errors");
});

test("a page that comes to life calls nobody back who has moved on", async ({ page }) => {
  // the program waits, so that the form is posted without it, and the page with the refusal comes to life late
  let arrive = () => {};
  const waits = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await waits;
    await route.continue();
  });
  await page.goto("/account/sign-in");
  await page.getByLabel("E-mail address or user name").fill(address());
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  const field = page.getByLabel("Password");
  await field.focus();
  arrive();
  await alive(page);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await expect(field).toBeFocused();
});

test("the keyboard is enough to sign in", async ({ page }) => {
  const email = address();
  addUser(email);
  await open(page, "/account/sign-in");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Show password" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(page.getByLabel("Password")).toHaveAttribute("type", "text");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/account$/);
});

test("a chosen theme stays and does not flash", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/account/sign-in");
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByLabel("Appearance").selectOption("dark");
  expect(await ground()).not.toBe(light);
  await page.goto("/account/sign-up", { waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await alive(page);
  await expect(page.getByLabel("Appearance")).toHaveValue("dark");
  await page.getByLabel("Appearance").selectOption("");
  expect(await ground()).toBe(light);
});
