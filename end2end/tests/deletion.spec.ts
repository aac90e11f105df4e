// The end of an account: asked for without signing in, proven by the mail's link, taken back; and what staff does. Every
// journey runs twice, with and without JavaScript.
import { address, addUser, alive, mailTo, open, PASSWORD, signIn } from "./people";
import { holdsUp } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("an account is closed by the link of a mail, and kept by that of another", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await open(page, "/account/delete");
    await expect(page).toHaveTitle("Delete your account · Sereno");
    await expect(page.getByText("14 days")).toBeVisible();
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByRole("button", { name: "Send mail" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    const { link } = await mailTo(email, 1, "account/delete");
    await open(page, link);
    await open(page, link);
    await page.getByRole("button", { name: "Delete my account" }).click();
    await expect(page.getByText("Your account is closed.")).toBeVisible();
    expect(page.url()).not.toContain("token");
    await signIn(page, email, PASSWORD);
    await expect(page.getByRole("alert")).toContainText("not the right combination");
    const { link: keep } = await mailTo(email, 1, "account/keep");
    await open(page, keep);
    await page.getByRole("button", { name: "Keep my account" }).click();
    await expect(page.getByText("Your account is kept.")).toBeVisible();
    await signIn(page, email, PASSWORD);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await page.getByRole("link", { name: "Delete your account" }).click();
    await expect(page.getByLabel("E-mail address or user name")).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Download everything we keep of you" })).toBeVisible();
  });
}

test("/account/delete holds up in both themes and on a narrow screen", async ({ page }) => {
  await holdsUp(page, "/account/delete");
});

test("/account/keep holds up in both themes and on a narrow screen", async ({ page }) => {
  await holdsUp(page, "/account/keep?token=x");
});
