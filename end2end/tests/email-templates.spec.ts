// Staff writes a mail anew, sees it while typing, publishes it, compares and goes back. With and without JavaScript.
import { alive, open, staff } from "./people";
import { fits, holdsUp, photograph } from "./quality";
import { expect, LOOKED_INTO, test, withoutJavaScript } from "./sereno";
import type { Page } from "@playwright/test";

test.describe("with JavaScript", () => journeys("registration_repeated"));
withoutJavaScript(() => journeys("unknown_account"));

const LIST = "/console/email-templates";

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
    await page.getByRole("link", { name: "Compare 2 with 1" }).click();
    await expect(page.getByRole("region", { name: "HTML" })).toContainText("<p>Two</p>");
    await expect(page.getByLabel("From")).toHaveValue("1");
    await open(page, `${LIST}/${kind}/en/versions/1`);
    await expect(page.locator("[data-subject]")).toHaveText("One");
    await page.getByLabel("Look").selectOption("dark");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page.locator("iframe")).toHaveAttribute("srcdoc", /@media all/);
    await open(page, `${LIST}/${kind}/en`);
    await page.getByRole("link", { name: "Go back to 1", exact: true }).click();
    await page.getByRole("button", { name: "Publish version 1 again" }).click();
    await expect(page.getByText("The earlier version is published again.")).toBeVisible();
    await expect(page.locator("[data-subject]")).toHaveText("One");
    await page.getByRole("link", { name: "Back to the default" }).click();
    await page.getByRole("button", { name: "Stop using it" }).click();
    await expect(page.getByText("Nothing of yours is in use any more.")).toBeVisible();
  });
}

const DRAFTED = "email_change_notice";

/** Whether the browser would leave the page without asking. */
async function unloads(page: Page): Promise<boolean> {
  return page.evaluate(() => window.dispatchEvent(new Event("beforeunload", { cancelable: true })));
}

/** What is answered where the page asks whether to leave it. */
async function answers(page: Page, answer: boolean): Promise<void> {
  await page.evaluate((answer) => {
    window.confirm = () => answer;
  }, answer);
}

test("what is typed is neither lost nor saved as something else", async ({ page, problems }) => {
  test.slow();
  problems.allow(LOOKED_INTO);
  await staff(page);
  await open(page, `${LIST}/${DRAFTED}/en`);
  const subject = page.getByLabel("Subject", { exact: true });
  const before = await subject.inputValue();
  expect(before).not.toBe("");
  await subject.fill("Typed");
  // what acts on what is saved waits
  await expect(page.getByRole("button", { name: "Send test mail" })).toBeDisabled();
  await expect(page.getByText("Save first: what you have typed is not saved").filter({ visible: true })).toHaveCount(1);
  // other looks are looks at what is typed
  await page.getByLabel("Look").selectOption("dark");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.locator("[data-subject]")).toHaveText("Typed");
  await expect(page.locator("[data-preview] iframe")).toHaveAttribute("srcdoc", /@media all/);
  await expect(page).toHaveURL(`${LIST}/${DRAFTED}/en?look=dark`);
  await expect(subject).toHaveValue("Typed");
  // whoever leaves is asked
  await answers(page, false);
  await page.getByRole("link", { name: "German", exact: true }).click();
  await expect(page).toHaveURL(/\/en\?look=dark$/);
  await expect(subject).toHaveValue("Typed");
  await answers(page, true);
  await page.getByRole("link", { name: "German", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("in German");
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue(/E-Mail-Adresse/);
  await expect(page.getByRole("button", { name: "Send test mail" })).toBeEnabled();
  // what is typed and taken back is nothing
  const german = await page.getByLabel("Subject", { exact: true }).inputValue();
  await page.getByLabel("Subject", { exact: true }).fill("x");
  await expect(page.getByRole("button", { name: "Send test mail" })).toBeDisabled();
  await page.getByLabel("Subject", { exact: true }).fill(german);
  await expect(page.getByRole("button", { name: "Send test mail" })).toBeEnabled();
  // a chip goes where the cursor is
  const text = page.getByLabel("Text", { exact: true });
  const saved = await text.inputValue();
  await text.fill("Hello !");
  await text.press("ArrowLeft");
  await page.getByRole("button", { name: "Insert {{ first_name }}" }).click();
  await expect(text).toHaveValue("Hello {{ first_name }}!");
  await page.keyboard.type("?");
  await expect(text).toHaveValue("Hello {{ first_name }}?!");
  // the browser asks too, as long as something is typed
  expect(await unloads(page)).toBe(false);
  await answers(page, false);
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(/\/de$/);
  await expect(text).toHaveValue("Hello {{ first_name }}?!");
  await text.fill(saved);
  expect(await unloads(page)).toBe(true);
});

test("two people write the same draft, and nobody loses anything", async ({ page, context, problems }) => {
  test.slow();
  problems.allow(LOOKED_INTO);
  problems.allow(/save_email_template/); // the browser notes the 412
  await staff(page);
  const place = `${LIST}/deletion_done/en`;
  await open(page, place);
  const other = await context.newPage();
  await open(other, place);
  await write(other, "Theirs");
  await other.getByRole("button", { name: "Save draft" }).click();
  await expect(other.getByText("The draft is saved.")).toBeVisible();
  await write(page, "Mine");
  await page.getByRole("button", { name: "Save draft" }).click();
  const conflict = page.getByRole("region", { name: "Conflict" });
  await expect(conflict).toContainText("saved another draft");
  await expect(conflict).toContainText("<p>Theirs</p>");
  await expect(conflict).toContainText("<p>Mine</p>");
  await expect(page.getByRole("textbox", { name: "Subject", exact: true })).toHaveValue("Mine");
  await photograph(page, "email-conflict");
  await conflict.getByRole("button", { name: "Save mine over it" }).click();
  await expect(page.getByText("The draft is saved.")).toBeVisible();
  await alive(page);
  await expect(page.getByLabel("Subject", { exact: true })).toHaveValue("Mine");
  await other.close();
});

test("templates are read in from a file", async ({ page, problems, javaScriptEnabled }) => {
  problems.allow(LOOKED_INTO);
  await staff(page);
  await open(page, `${LIST}/import`);
  const file = {
    templates: [
      {
        name: "custom.read-in",
        definition: { title: "Read in" },
        languages: { en: { subject: "Hello", text: "Hello", html: "<p>Hello</p>" } },
      },
    ],
  };
  expect(javaScriptEnabled).not.toBe(false);
  const buffer = Buffer.from(JSON.stringify(file));
  await page.getByLabel("Choose the file").setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
  await expect(page.getByLabel("What the file holds")).toHaveValue(JSON.stringify(file));
  await page.getByRole("button", { name: "Read in" }).click();
  await expect(page.getByText("The templates are read in")).toBeVisible();
  await holdsUp(page, `${LIST}/import`);
});

test("the pages about templates hold up", async ({ page, problems }) => {
  test.slow();
  problems.allow(LOOKED_INTO);
  await staff(page);
  await open(page, `${LIST}/activation/de`);
  await photograph(page, "email-template");
  await holdsUp(page, LIST);
  await photograph(page, "email-templates");
  // axe cannot look into a frame that runs no scripts, and waits for it: of the editor only the width is looked at
  await fits(page, "the editor");
  await holdsUp(page, `${LIST}/activation/de/compare?from=shipped&to=live`);
  await open(page, `${LIST}/registration_repeated/en/compare?from=1&to=2`);
  await photograph(page, "email-compare");
  await open(page, `${LIST}/registration_repeated/en`);
  await photograph(page, "email-versions");
  await fits(page, "versions");
  await open(page, `${LIST}/registration_repeated/en/versions/1`);
  await photograph(page, "email-version");
});
