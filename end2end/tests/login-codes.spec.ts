// Sign in by a mailed code, and by the link in the same mail; what goes wrong on the way; and the console's warning of
// fixed codes. Every journey runs twice, with and without JavaScript.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { address, addUser, alive, mailTo, open, PASSWORD, sereno } from "./people";
import { holdsUp, isFlawless, photograph } from "./quality";
import { expect, startSereno, test, withoutJavaScript } from "./sereno";

// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("a code signs in, after a wrong one, and leads on", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await page.goto("/account/profile");
    await expect(page).toHaveURL(/sign-in\?next=/);
    await alive(page);
    await page.getByRole("link", { name: "E-mail me a code" }).click();
    await expect(page.getByRole("heading", { name: "Sign in by a code" })).toBeVisible();
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByRole("button", { name: "Send the code" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    expect(page.url()).not.toContain("ana");
    const { code } = await mailTo(email);

    await alive(page);
    const field = page.getByLabel("Code from the mail");
    await field.fill("no code");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("wrong, has expired or was used before");
    await alive(page);
    await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/\/account\/profile$/);
  });

  test("a link signs in by its button, once, and a new address gets an account", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address("new");
    await open(page, "/account/sign-in/code");
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByRole("button", { name: "Send the code" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    const { link } = await mailTo(email);
    // opening the link, as mail scanners do, changes nothing
    await open(page, link);
    await open(page, link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveTitle("Your account · Sereno");
    await expect(page.getByRole("definition").filter({ hasText: email })).toContainText("Confirmed");
    await open(page, link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("used before");
    await page.getByRole("link", { name: "Ask for another code" }).click();
    await expect(page.getByRole("heading", { name: "Sign in by a code" })).toBeVisible();
  });
}

test("the pages hold up", async ({ page }) => {
  await holdsUp(page, "/account/sign-in/code?ui_locales=de");
  await photograph(page, "code-ask");
});

test("the page of the code holds up", async ({ page }) => {
  await holdsUp(page, "/account/sign-in/code?request=0&ui_locales=en");
  await photograph(page, "code-enter");
});

test("the page of the link holds up", async ({ page }) => {
  await holdsUp(page, "/account/sign-in/link?token=x&ui_locales=es");
  await photograph(page, "code-link");
});

test("a developer's fixed code is used, and the console warns of it on every page", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "sereno-codes-"));
  const env = { ...process.env, SERENO__TESTERS__DEVELOPMENT_CODE: "424242", SERENO__SERVER__METRICS_LISTEN: "off" };
  const server = await startSereno(process.env.SERENO_BIN ?? "", folder, env as Record<string, string>);
  try {
    for (const more of [["--superuser"], []]) {
      const email = more.length > 0 ? "root@example.org" : "ana@example.org";
      sereno(["user", "add", "--email", email, "--password-stdin", ...more], PASSWORD, folder);
    }
    await open(page, `${server.url}/account/sign-in/code`);
    await page.getByLabel("E-mail address or user name").fill("ana@example.org");
    await page.getByRole("button", { name: "Send the code" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    await alive(page);
    await page.getByLabel("Code from the mail").fill("424242");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveTitle("Your account · Sereno");

    await open(page, `${server.url}/account/sign-in?next=%2Fconsole`);
    await page.getByLabel("E-mail address or user name").fill("root@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Fixed codes are open.")).toBeVisible();
    await alive(page);
    await isFlawless(page, "the console with its warning");
    await photograph(page, "console-warning");
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Users" }).click();
    await expect(page.getByRole("heading", { name: "Users" })).toBeVisible();
    await expect(page.getByText("Fixed codes are open.")).toBeVisible();
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
