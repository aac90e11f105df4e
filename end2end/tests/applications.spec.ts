// Staff registers an application, keeps its secret, signs in through it over the API, changes the secret for another and
// switches the application off. With and without JavaScript.
import { PASSWORD, alive, open, staff } from "./people";
import { fits, holdsUp, isFlawless, photograph } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";
import type { APIRequestContext, Page } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

let count = 0;

function clientId(): string {
  count += 1;
  return `shop-${process.pid}-${count}`;
}

async function register(page: Page, id: string): Promise<string> {
  await open(page, "/console/applications/new");
  await page.getByLabel("Name", { exact: true }).fill(`Shop ${id}`);
  await page.getByLabel("Client id").fill(id);
  await page.getByLabel("Kind").selectOption("confidential");
  await page.getByRole("button", { name: "Register application" }).click();
  await expect(page.getByRole("heading", { name: `Shop ${id} is registered` })).toBeVisible();
  return secret(page);
}

async function secret(page: Page): Promise<string> {
  const shown = (await page.locator("[data-secret] code").textContent()) ?? "";
  expect(shown).toMatch(/^cs_[\w-]{43}$/);
  expect(page.url()).not.toContain(shown);
  return shown;
}

async function logIn(request: APIRequestContext, id: string, secret: string, who: string): Promise<number> {
  const data = { client_id: id, client_secret: secret, identifier: who, password: PASSWORD };
  return (await request.post("/api/v1/login", { data })).status();
}

function journeys() {
  test("register, sign in through it, change the secret, switch it off", async ({ page, playwright, baseURL }) => {
    test.slow();
    const admin = await staff(page);
    // a program, which has none of the browser's cookies
    const request = await playwright.request.newContext({ baseURL });
    const id = clientId();
    const first = await register(page, id);
    expect(await logIn(request, id, first, admin)).toBe(200);
    await page.getByRole("link", { name: "I have copied it" }).click();
    await expect(page.getByRole("heading", { level: 1, name: `Shop ${id}` })).toBeVisible();
    await alive(page);
    expect(await page.content()).not.toContain(first);

    await page.getByRole("button", { name: "Make another secret" }).click();
    await expect(page.getByText("It is shown here and never again", { exact: false })).toBeVisible();
    const second = await secret(page);
    expect(await logIn(request, id, first, admin)).toBe(200);
    expect(await logIn(request, id, second, admin)).toBe(200);
    await page.getByRole("link", { name: "I have copied it" }).click();
    await expect(page.getByRole("button", { name: "Make another secret" })).toHaveCount(0);
    await alive(page);
    expect(await page.content()).not.toContain(second);
    await page.getByRole("link", { name: "Delete the secret" }).last().click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete secret" }).click();
    await expect(page.getByText("The secret is deleted, and works no longer.")).toBeVisible();
    expect(await logIn(request, id, first, admin)).toBe(401);
    expect(await logIn(request, id, second, admin)).toBe(200);

    await alive(page);
    await page.getByRole("button", { name: "Switch off" }).click();
    await expect(page.getByText("The application is switched off.", { exact: false })).toBeVisible();
    expect(await logIn(request, id, second, admin)).toBe(401);
    await request.dispose();
  });

  test("settings are kept when they are refused, and saved when they are not", async ({ page, problems }) => {
    problems.allow(/status of 4\d\d/);
    const admin = await staff(page);
    const id = clientId();
    await register(page, id);
    await page.getByRole("link", { name: "I have copied it" }).click();
    await alive(page);
    await page.getByLabel("Origins").fill("https://shop.example.org\nshop.example.org");
    await page.getByLabel("Claims of its own").fill('[{"name": "n<&>", "source": {"user": "number"}}]');
    await page.getByRole("button", { name: "Save settings" }).click();
    await expect(page.getByRole("alert")).toContainText("entry 2");
    await expect(page.getByLabel("Origins")).toHaveValue("https://shop.example.org\nshop.example.org");
    await alive(page);
    await page.getByLabel("Origins").fill("https://shop.example.org");
    await page.getByRole("button", { name: "Save settings" }).click();
    await expect(page.getByText("The settings are saved.", { exact: false })).toBeVisible();
    await alive(page);
    await expect(page.getByLabel("Origins")).toHaveValue("https://shop.example.org");
    // tried before they are saved
    const here = new URL(page.url()).pathname;
    await page.getByLabel("Issuer").fill("https://elsewhere.example.org");
    await page.getByLabel("Whose tokens").fill(admin);
    await page.getByRole("button", { name: "Preview with these settings" }).click();
    await expect(page.locator("pre[aria-label='Access token']")).toContainText("https://elsewhere.example.org");
    await open(page, here);
    await alive(page);
    await expect(page.getByLabel("Issuer")).toHaveValue("");
    await page.getByLabel("User", { exact: true }).fill(admin);
    await page.getByRole("button", { name: "Preview", exact: true }).click();
    await expect(page.locator("pre[aria-label='Access token']")).toContainText('"n<&>":');
  });
}

withoutJavaScript(() => {
  test("the page that shows a secret once holds up in both themes and on a narrow screen", async ({ page, browser }) => {
    await staff(page);
    await register(page, clientId());
    // It is the answer to a post and cannot be loaded again, and axe needs scripts: the same page once more, without its
    // own scripts, in a browser that has them.
    const [url, html] = [page.url(), await page.content()];
    const still = await (await browser.newContext({ javaScriptEnabled: true })).newPage();
    const body = html.replace(/<script[\s\S]*?<\/script>/g, "");
    await still.route(url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
    await still.goto(url);
    await expect(still.locator("[data-secret] code")).toBeVisible();
    await isFlawless(still, "the page that shows a secret");
    await fits(still, "the page that shows a secret");
    await still.context().close();
    await photograph(page, "a secret, shown once");
  });
});

for (const at of [
  () => "/console/applications",
  () => "/console/applications?q=nothing-is-called-like-this",
  () => "/console/applications/new",
  (path: string, admin: string) => `${path}?user=${encodeURIComponent(admin)}`,
  (path: string) => `${path}?confirm=delete`,
  (path: string) => `${path}?done=saved`,
  () => "/console/signing-keys",
]) {
  const name = at("/console/applications/id", "somebody");
  test(`${name} holds up in both themes and on a narrow screen`, async ({ page }) => {
    const admin = await staff(page);
    await register(page, clientId());
    await page.getByRole("link", { name: "I have copied it" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Shop" })).toBeVisible();
    await holdsUp(page, at(new URL(page.url()).pathname, admin));
    await photograph(page, name);
  });
}
