// Staff writes a mail anew, sees it while typing, publishes it, compares and goes back. With and without JavaScript.
import { address, addUser, alive, open, signIn } from "./people";
import { fits, holdsUp, photograph } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";
import type { Page } from "@playwright/test";

test.describe("with JavaScript", () => journeys("registration_repeated"));
withoutJavaScript(() => journeys("unknown_account"));

const LIST = "/console/email-templates";
// the browser's note where the tests look into the frame of a preview
const LOOKED_INTO = /Blocked script execution in 'about:srcdoc' because the document's frame is sandboxed/;

async function staff(page: Page): Promise<void> {
  const admin = address("admin");
  addUser(admin, "--superuser");
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
}

async function write(page: Page, words: string): Promise<void> {
  await page.getByLabel("Subject", { exact: true }).fill(words);
  await page.getByLabel("HTML", { exact: true }).fill(`<p>${words}</p>\n<p>{{ link }}</p>`);
  await page.getByLabel("Text", { exact: true }).fill(`${words}\n{{ link }}`);
}

async function publish(page: Page, words: string): Promise<void> {
  await write(page, words);
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("The draft is saved.")).toBeVisible();
  await alive(page);
  await page.getByRole("button", { name: "Publish draft" }).click();
  await expect(page.getByText("The draft is published")).toBeVisible();
  await alive(page);
}

function journeys(kind: string) {
  test("write a mail, publish it, compare it and go back", async ({ page, problems, javaScriptEnabled }) => {
    test.slow();
    problems.allow(/email_template/); // the browser notes the 422
    problems.allow(LOOKED_INTO);
    await staff(page);
    await open(page, LIST);
    await expect(page.getByRole("table")).toContainText("As shipped");
    await open(page, `${LIST}/${kind}/en`);
    // what is wrong is told with its place, and what was typed stays
    await page.getByLabel("HTML", { exact: true }).fill("<p>Hello</p>\n<p>{{ lnk }}</p>");
    await page.getByRole("button", { name: "Save draft" }).click();
    await expect(page.locator("#html-error")).toContainText("Line 2, column 7: there is no variable lnk");
    await expect(page.getByLabel("HTML", { exact: true })).toHaveValue(/lnk/);

    await write(page, "Seen while typing");
    if (javaScriptEnabled) {
      await expect(page.locator("[data-preview] iframe")).toHaveAttribute("srcdoc", /<p>Seen while typing<\/p>/);
    } else {
      await page.getByRole("button", { name: "Preview" }).click();
      await expect(page.locator("iframe")).toHaveAttribute("srcdoc", /<p>Seen while typing<\/p>/);
      await open(page, `${LIST}/${kind}/en`);
    }
    await publish(page, "One");
    await publish(page, "Two");
    await page.getByRole("link", { name: "Compare 1" }).click();
    await expect(page.getByRole("region", { name: "HTML" })).toContainText("<p>Two</p>");
    await open(page, `${LIST}/${kind}/en`);
    await page.getByRole("link", { name: "Go back to 1" }).click();
    await page.getByRole("button", { name: "Publish version 1 again" }).click();
    await expect(page.getByText("The earlier version is published again.")).toBeVisible();
    await expect(page.locator("[data-subject]")).toHaveText("One");
    await page.getByRole("link", { name: "Back to the default" }).click();
    await page.getByRole("button", { name: "Stop using it" }).click();
    await expect(page.getByText("Nothing of yours is in use any more.")).toBeVisible();
  });
}

test("the pages about templates hold up", async ({ page, problems }) => {
  test.slow();
  problems.allow(LOOKED_INTO);
  await staff(page);
  await open(page, `${LIST}/activation/de`);
  await photograph(page, "email-template");
  await holdsUp(page, LIST);
  // axe cannot look into a frame that runs no scripts, and waits for it: of the editor only the width is looked at
  await fits(page, "the editor");
  await holdsUp(page, `${LIST}/activation/de/compare?from=shipped&to=live`);
});
