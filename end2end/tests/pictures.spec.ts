// The picture that a user shows, with and without JavaScript; and the list of everybody's sign-ins.
import { type Page } from "@playwright/test";
import { writeFileSync } from "node:fs";
import { address, addUser, alive, open, signIn } from "./people";
import { holdsUp, isFlawless, photograph } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

/** A real picture: of the page that is open. */
async function picture(page: Page): Promise<string> {
  const path = test.info().outputPath("me.png");
  await page.screenshot({ path, clip: { x: 440, y: 0, width: 400, height: 300 } });
  return path;
}

async function signedIn(page: Page, ...more: string[]): Promise<{ email: string; id: string }> {
  const email = address();
  const id = addUser(email, ...more);
  await signIn(page, email);
  await expect(page).toHaveURL(/\/account$/);
  return { email, id };
}

function journeys() {
  test("a picture is chosen, refused where it is none, and taken away", async ({ page }) => {
    await signedIn(page);
    const file = await picture(page);
    await open(page, "/account/profile");
    const field = page.getByLabel("Choose a picture");
    await expect(field).toHaveAccessibleDescription(/at most 4.MB/);
    const text = test.info().outputPath("me.txt");
    writeFileSync(text, "not a picture");
    await field.setInputFiles(text);
    await page.getByRole("button", { name: "Use picture" }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page).toHaveTitle("Error: Your profile · Sereno");
    await expect(field).toHaveAccessibleDescription(/no picture that can be read/);
    await page.getByRole("alert").getByRole("link").click();
    await expect(field).toBeFocused();

    // far beyond the limit: the browser still gets its answer
    await alive(page);
    writeFileSync(text, Buffer.alloc(12_000_000));
    await field.setInputFiles(text);
    await page.getByRole("button", { name: "Use picture" }).click();
    await expect(field).toHaveAccessibleDescription(/more than we accept/);

    await alive(page);
    await field.setInputFiles(file);
    await page.getByRole("button", { name: "Use picture" }).click();
    await expect(page.getByText("Your picture is saved.")).toBeVisible();
    const shown = page.getByRole("img", { name: "Your picture as others see it" });
    await expect(shown).toHaveJSProperty("naturalWidth", 400);
    await alive(page);
    await page.getByRole("button", { name: "Take picture away" }).click();
    await expect(page.getByText("Your picture is deleted.")).toBeVisible();
    await expect(shown).toHaveCount(0);
  });

  test("staff finds a sign-in, ends it, and takes a picture away", async ({ page, browser, baseURL, javaScriptEnabled }) => {
    const theirs = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
    const { email, id } = await signedIn(theirs);
    const file = await picture(theirs);
    await open(theirs, "/account/profile");
    await theirs.getByLabel("Choose a picture").setInputFiles(file);
    await theirs.getByRole("button", { name: "Use picture" }).click();
    await expect(theirs.getByText("Your picture is saved.")).toBeVisible();
    await signedIn(page, "--superuser");
    await open(page, `/console/users/${id}`);
    await expect(page.getByRole("img", { name: "The user's picture" })).toHaveJSProperty("naturalWidth", 400);
    await page.getByRole("link", { name: "Take picture away" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take picture away" }).click();
    await expect(page.getByText("The picture is deleted.")).toBeVisible();

    await alive(page);
    if (javaScriptEnabled !== false) {
      await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Sessions" }).click();
      await expect(page.getByRole("heading", { name: "Sessions", level: 1 })).toBeFocused();
    }
    await open(page, "/console/sessions?limit=50");
    await page.getByRole("searchbox", { name: "User" }).fill(email);
    await page.getByLabel("Kind").selectOption("Browsers");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("1 sign-in matches")).toBeVisible();
    await expect(page).toHaveURL(/user=.*&kind=browser/);
    await expect(page.getByRole("link", { name: email })).toHaveAttribute("href", `/console/users/${id}`);
    await alive(page);
    await page.getByRole("button", { name: /^End Chrome.* of / }).click();
    await expect(page.getByText("The sign-in has ended.")).toBeVisible();
    await expect(page.getByText("0 sign-ins match")).toBeVisible();
    await expect(page.getByRole("searchbox", { name: "User" })).toHaveValue(email);
    await page.getByRole("link", { name: "Show all sign-ins" }).click();
    await expect(page.getByText("You, right now")).toBeVisible();
    await theirs.goto("/account");
    await expect(theirs).toHaveURL(/sign-in/);
    await theirs.context().close();
  });
}

// one page a test: each is loaded and looked through twice
for (const [name, path] of [
  ["the account with a picture", () => "/account"],
  ["the profile with a picture", () => "/account/profile?done=picture"],
  ["a user with a picture", (id: string) => `/console/users/${id}`],
  ["the question about a picture", (id: string) => `/console/users/${id}?confirm=picture`],
  ["the list of sign-ins", () => "/console/sessions"],
  ["an empty list of sign-ins", () => "/console/sessions?user=nobody-is-called-like-this"],
] as [string, (id: string) => string][]) {
  test(`${name} holds up in both themes and on a narrow screen`, async ({ page }) => {
    const { id } = await signedIn(page, "--superuser");
    const file = await picture(page);
    await open(page, "/account/profile");
    await page.getByLabel("Choose a picture").setInputFiles(file);
    await page.getByRole("button", { name: "Use picture" }).click();
    await expect(page.getByText("Your picture is saved.")).toBeVisible();
    await holdsUp(page, path(id));
    await photograph(page, name);
  });
}

test("the form for a picture holds up where one is refused", async ({ page }) => {
  await signedIn(page);
  await open(page, "/account/profile");
  await page.getByRole("button", { name: "Use picture" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await isFlawless(page, "the form for a picture, refused");
  await photograph(page, "the form for a picture, refused");
});
