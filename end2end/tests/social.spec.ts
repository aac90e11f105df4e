// Signing in through a provider on this machine: staff sets it up, somebody new comes through it, connects, disconnects and goes.
// With and without JavaScript, on a server of the test's own, so that no other test meets its button.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alive, open, PASSWORD, sereno } from "./people";
import { CLIENT, startProvider } from "./provider";
import { fits, isFlawless, photograph } from "./quality";
import { expect, startSereno, test, withoutJavaScript } from "./sereno";
import type { Page } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

// an address that the provider has not verified is not kept
const PERSON = { sub: "ana-there", email: "ana@example.org", email_verified: false, name: "Ana García" };

interface Place {
  url: string;
  issuer: string;
}

async function place(run: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sereno-social-"));
  const provider = await startProvider(PERSON);
  const server = await startSereno(process.env.SERENO_BIN ?? "", folder);
  try {
    sereno(["user", "add", "--email", "admin@example.org", "--superuser", "--password-stdin"], PASSWORD, folder);
    await run({ url: server.url, issuer: provider.issuer });
  } finally {
    await server.stop();
    await provider.stop();
    rmSync(folder, { recursive: true });
  }
}

async function signIn(page: Page, url: string): Promise<void> {
  await open(page, `${url}/account/sign-in`);
  await page.getByLabel("E-mail address or user name").fill("admin@example.org");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Your account" })).toBeVisible();
}

async function setUp(page: Page, { url, issuer }: Place): Promise<void> {
  await signIn(page, url);
  await open(page, `${url}/console/social-providers/new`);
  await page.getByLabel("Name in addresses").fill("work");
  await page.getByLabel("Name (optional)").fill("Work");
  await page.getByLabel("Client id", { exact: true }).fill(CLIENT.id);
  await page.getByLabel("Client secret").fill(CLIENT.secret);
  await page.getByLabel("Issuer (optional)").fill(issuer);
  await page.getByLabel("Who is new gets an account").check();
  await page.getByRole("button", { name: "Set up provider" }).click();
  await expect(page.getByText("The provider is set up.", { exact: false })).toBeVisible();
  expect(await page.content()).not.toContain(CLIENT.secret);
  await alive(page);
  await page.getByRole("link", { name: "Test", exact: true }).click();
  await expect(page.getByText("The provider works")).toBeVisible();
  await alive(page);
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("The provider is switched on", { exact: false })).toBeVisible();
}

function journeys() {
  test("set up a provider, come through it, connect and disconnect", async ({ page, browser }) => {
    test.slow();
    await place(async (place) => {
      await setUp(page, place);

      const context = await browser.newContext({ javaScriptEnabled: !!(await page.locator("html[data-js]").count()) });
      const ana = await context.newPage();
      await open(ana, `${place.url}/account/sign-in?next=/account/profile`);
      await ana.getByRole("link", { name: "Sign in with Work" }).click();
      await ana.getByRole("link", { name: "Refuse" }).click();
      await expect(ana.getByRole("alert")).toContainText("refused at the provider");
      await alive(ana);
      await ana.getByRole("link", { name: "Sign in with Work" }).click();
      await expect(ana.getByRole("heading", { name: "Provider" })).toBeVisible();
      const there = ana.url();
      await ana.getByRole("link", { name: "Agree" }).click();
      await expect(ana).toHaveURL(`${place.url}/account/profile`);
      await expect(ana.getByLabel("First name")).toHaveValue("Ana García");
      // back at the provider's page, its first answer has been used
      await ana.goto(there);
      await ana.getByRole("link", { name: "Agree" }).click();
      await expect(ana.getByRole("alert")).toContainText("completed already");

      // the only way in stays
      await open(ana, `${place.url}/account/connections`);
      await expect(ana.getByText(PERSON.email)).toBeVisible();
      await ana.getByRole("button", { name: "Disconnect Work" }).click();
      await expect(ana.getByRole("alert")).toContainText("your only way to sign in");


      // somebody else's account there is somebody else's
      await open(page, `${place.url}/account/connections`);
      await page.getByRole("link", { name: "Connect Work" }).click();
      await page.getByRole("link", { name: "Agree" }).click();
      await expect(page.getByRole("alert")).toContainText("somebody else's account");

      // no mail can reach her: the provider did not verify the address, and she signed in a moment ago
      await open(ana, `${place.url}/account/delete`);
      await expect(ana.getByText("no confirmed address", { exact: false })).toBeVisible();
      await ana.getByRole("button", { name: "Delete my account" }).click();
      await expect(ana.getByText("No mail comes", { exact: false })).toBeVisible();
      await open(ana, `${place.url}/account`);
      await expect(ana).toHaveURL(/\/account\/sign-in/);
      await context.close();
    });
  });
}

test("the pages hold up in both themes and on a narrow screen", async ({ page }) => {
  test.slow();
  await place(async (place) => {
    await setUp(page, place);
    await isFlawless(page, "provider");
    await fits(page, "provider");
    await photograph(page, "social-provider");
    for (const path of ["/console/social-providers", "/account/connections"]) {
      await open(page, `${place.url}${path}`);
      await isFlawless(page, path);
      await fits(page, path);
      await photograph(page, `social${path}`);
    }
    await page.context().clearCookies();
    for (const path of ["/account/sign-in", "/account/sign-up"]) {
      await open(page, `${place.url}${path}`);
      await isFlawless(page, path);
      await fits(page, path);
      await photograph(page, `social${path}`);
    }
  });
});
