// Staff writes an announcement, looks at it, tries it, sends it and sees what became of it; a reader wants no more of them, and
// comes back. With and without JavaScript.
import { address, addUser, alive, mailTo, open, signIn, staff } from "./people";
import { holdsUp } from "./quality";
import { expect, LOOKED_INTO, test, withoutJavaScript } from "./sereno";
import type { Page } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

/** Writes a draft to these addresses, and stands on its page then. */
async function draft(page: Page, name: string, addresses: string[]): Promise<void> {
  await open(page, "/console/announcements/new");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("textbox", { name: "Subject", exact: false }).fill(`About ${name}`);
  await page.getByLabel("Recipients").selectOption({ label: "The list of addresses below" });
  await page.getByRole("textbox", { name: "List of addresses" }).fill(addresses.join("\n"));
  await page.getByRole("textbox", { name: "HTML", exact: true }).fill('<p style="color: #a00">Dear <b>reader</b></p>');
  await page.getByRole("button", { name: "Save the draft" }).click();
}

function journeys() {
  test("write, correct, try and send an announcement", async ({ page, problems }) => {
    test.slow();
    problems.allow(LOOKED_INTO);
    // the list with a wrong line
    problems.allow(/status of 422/);
    const admin = await staff(page);
    const [ana, bea] = [address("ana"), address("bea")];
    const name = `Winter ${ana}`;
    await open(page, "/console");
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Announcements" }).click();
    await expect(page).toHaveTitle("Announcements · Sereno");
    await draft(page, name, [ana, "nobody", bea]);
    await expect(page.getByRole("alert")).toContainText("line 2: nobody");
    await alive(page);
    await page.getByRole("textbox", { name: "List of addresses" }).fill(`${ana}\n${bea}\n${ana}`);
    await page.getByRole("button", { name: "Save the draft" }).click();
    await expect(page.getByText("The draft is saved.")).toBeVisible();
    await expect(page.getByText("2 recipients right now")).toBeVisible();
    const frame = page.frameLocator("iframe");
    await expect(frame.getByText("Dear reader").last()).toBeVisible();
    await expect(frame.getByText("No more messages of this kind")).toBeVisible();
    await page.getByRole("link", { name: "Dark", exact: true }).click();
    await expect(page.locator('iframe[src$="look=dark"]')).toBeVisible();
    await expect(frame.getByText("Dear reader").last()).toBeVisible();

    await alive(page);
    await page.getByRole("button", { name: "Send it to me first" }).click();
    await expect(page.getByText("A mail to your own address is on its way.")).toBeVisible();
    await mailTo(admin, 1, "[Test] About");

    await alive(page);
    await page.getByRole("link", { name: "Send now" }).click();
    await alive(page);
    const question = page.getByRole("dialog", { name: "Send it now?" });
    await expect(question).toContainText("to at most 2 recipients");
    await question.getByRole("button", { name: "Send now" }).click();
    await expect(page.getByText("It begins to leave.")).toBeVisible();
    await expect(async () => {
      await page.reload();
      await expect(page.getByText("2 of 2")).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByRole("link", { name: "Sent: 2" }).click();
    await expect(page.getByText("2 mails match")).toBeVisible();
    await open(page, "/console/notifications?kind=announcement");
    await page.getByRole("searchbox", { name: "Search" }).fill(bea);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("1 message matches")).toBeVisible();
  });

  test("give it a moment, and take that back", async ({ page, problems }) => {
    test.slow();
    problems.allow(LOOKED_INTO);
    await staff(page);
    await draft(page, `Later ${address()}`, [address("ana")]);
    await expect(page.getByText("The draft is saved.")).toBeVisible();
    await alive(page);
    const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
    // what is left out is not now
    problems.allow(/status of 422/);
    await page.getByRole("button", { name: "Schedule" }).click();
    await expect(page.locator("#send_at-error")).toBeVisible();
    await alive(page);
    await page.getByLabel("Moment (UTC)").fill(soon);
    await page.getByRole("button", { name: "Schedule" }).click();
    await expect(page.getByText("It begins to leave at its moment.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: "Take the moment back" }).click();
    await alive(page);
    await page.getByRole("button", { name: "Take it back" }).click();
    await expect(page.getByText("It is a draft again.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: "Delete" }).click();
    await alive(page);
    const question = page.getByRole("dialog");
    await expect(question).toBeVisible();
    // the page's frame too: asked for when the draft is gone, it is a 404
    await page.waitForLoadState("load");
    await question.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("The draft is deleted.")).toBeVisible();
  });

  test("want no more of them, and come back", async ({ page, problems }) => {
    test.slow();
    problems.allow(LOOKED_INTO);
    await staff(page);
    const cleo = address("cleo");
    await draft(page, `Summer ${cleo}`, [cleo]);
    await expect(page.getByText("The draft is saved.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: "Send now" }).click();
    await alive(page);
    await page.getByRole("dialog").getByRole("button", { name: "Send now" }).click();
    await expect(page.getByText("It begins to leave.")).toBeVisible();
    const { link } = await mailTo(cleo);
    await page.context().clearCookies();
    await open(page, new URL(link).pathname + new URL(link).search);
    await page.getByRole("button", { name: "No more announcements" }).click();
    await expect(page.getByText("You will get no more announcements.")).toBeVisible();
    await alive(page);
    await page.getByRole("button", { name: "Send me announcements again" }).click();
    await expect(page.getByText("You will get announcements again.")).toBeVisible();
  });

  test("the profile has a switch", async ({ page }) => {
    test.slow();
    const dora = address("dora");
    addUser(dora);
    await signIn(page, dora);
    await expect(page).toHaveURL(/\/account$/);
    await open(page, "/account/profile");
    await page.getByRole("button", { name: "No more announcements" }).click();
    await expect(page.getByText("Your choice is saved.")).toBeVisible();
    await expect(page.getByText("You are sent no announcements.")).toBeVisible();
  });
}

test("the pages hold up", async ({ page, problems }) => {
  test.slow();
  problems.allow(LOOKED_INTO);
  await staff(page);
  await draft(page, `Looks ${address()}`, [address("ana")]);
  await expect(page.getByText("The draft is saved.")).toBeVisible();
  const path = new URL(page.url()).pathname;
  await holdsUp(page, "/console/announcements");
  await holdsUp(page, `${path}/edit`);
});

test("the timeline holds up", async ({ page }) => {
  await staff(page);
  await holdsUp(page, "/console/notifications");
});
