// Staff writes a mail, finds it, sees what it looks like and what the mail server said, and puts an address on the list of those
// that are not written to. With and without JavaScript.
import { address, addUser, alive, open, staff } from "./people";
import { holdsUp } from "./quality";
import { expect, LOOKED_INTO, test, withoutJavaScript } from "./sereno";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("write a mail, and see what became of it", async ({ page, problems }) => {
    test.slow();
    problems.allow(LOOKED_INTO);
    // the mail that names nobody
    problems.allow(/status of 422/);
    await staff(page);
    const ana = address("ana");
    await open(page, "/console");
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Mails" }).click();
    await expect(page).toHaveTitle("Mails · Sereno");
    await page.getByRole("link", { name: "Write a mail" }).click();
    await alive(page);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("alert")).toContainText("Please name at least one recipient.");
    await page.getByRole("textbox", { name: "To", exact: true }).fill(`${ana}\nnobody`);
    await page.getByRole("textbox", { name: /^Subject/ }).fill("Maintenance on Sunday");
    await page.getByRole("textbox", { name: "HTML", exact: true }).fill('<p style="color: #c00">Dear <b>customer</b></p>');
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText("The mails are written.")).toBeVisible();

    await page.getByRole("searchbox", { name: "Search" }).fill(ana);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("1 mail matches")).toBeVisible();
    await page.getByRole("link", { name: "Custom", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: `Custom to ${ana}` })).toBeVisible();
    // the worker writes files
    await expect(async () => {
      await page.reload();
      await expect(page.getByText("written to a file").filter({ visible: true })).toBeVisible({ timeout: 500 });
    }).toPass();
  });

  test("what is not written to, and what its mail looks like", async ({ page }) => {
    test.slow();
    await staff(page);
    const bea = address("bea");
    await open(page, "/console/suppressions");
    await page.getByRole("textbox", { name: "Address", exact: true }).fill(bea);
    await page.getByLabel("Why").fill("asked by letter");
    await page.getByRole("button", { name: "Do not write to it" }).click();
    await expect(page.getByText("The address is not written to any more.")).toBeVisible();
    await open(page, "/console/messages/new");
    await page.getByRole("textbox", { name: "To", exact: true }).fill(bea);
    await page.getByRole("textbox", { name: /^Subject/ }).fill("Hello");
    await page.getByRole("textbox", { name: "Text", exact: true }).fill("Hello");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill(bea);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByRole("table").getByText("address_suppressed")).toBeVisible();

    await open(page, `/console/suppressions?q=${encodeURIComponent(bea)}`);
    await page.getByRole("link", { name: "Take off" }).click();
    await alive(page);
    const question = page.getByRole("dialog", { name: `Write to ${bea} again?` });
    await question.getByRole("button", { name: "Take off the list" }).click();
    await expect(page.getByText("The address is written to again.")).toBeVisible();
  });

  test("a built-in mail with masked secrets", async ({ page, problems }) => {
    test.slow();
    problems.allow(LOOKED_INTO);
    await staff(page);
    const cleo = address("cleo");
    addUser(cleo, "--inactive");
    await expect(async () => {
      await open(page, `/console/messages?q=${encodeURIComponent(cleo)}`);
      await expect(page.getByText("1 mail matches")).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByRole("link", { name: "Account created" }).click();
    const frame = page.frameLocator("iframe");
    await expect(frame.getByText("••••").first()).toBeVisible();
    await expect(page.getByText("links and codes are masked")).toBeVisible();
  });
}

test("the pages hold up", async ({ page }) => {
  await staff(page);
  await holdsUp(page, "/console/messages");
});

test("the page for writing holds up", async ({ page }) => {
  await staff(page);
  await holdsUp(page, "/console/messages/new");
});
