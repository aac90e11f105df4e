// The life of a password and of an address: forgotten, set anew, changed, confirmed. Every journey runs twice, with and
// without JavaScript.
import { type Page } from "@playwright/test";
import { address, addUser, alive, mailTo, open, PASSWORD, signIn } from "./people";
import { expect, test, withoutJavaScript } from "./sereno";

const NEW = "lanterns in the rain";

// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

/** The only field of this page with exactly this label. */
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });

async function signOut(page: Page): Promise<void> {
  await alive(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
}

function journeys() {
  test("a forgotten password is set anew by the link of the mail", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await open(page, "/account/sign-in");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await expect(page).toHaveTitle("Forgot your password? · Sereno");
    await page.getByLabel("E-mail address or user name").fill(email);
    await page.getByRole("button", { name: "Send link" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
    const { link } = await mailTo(email, 1, "reset-password");
    // opening the link, as mail scanners do, changes nothing
    await open(page, link);
    await open(page, link);
    await field(page, "New password").fill("1234567");
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(page.getByRole("alert")).toContainText("at least 8 characters");
    await expect(page).toHaveTitle("Error: Set a new password · Sereno");
    await alive(page);
    await field(page, "New password").fill(NEW);
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(page.getByText("Your new password is set.")).toBeVisible();
    expect(page.url()).not.toContain("token");
    await mailTo(email, 1, "was changed");

    await open(page, link);
    await field(page, "New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(page.getByRole("alert")).toContainText("has been used, has expired or is wrong");
    await expect(page.getByRole("link", { name: "Ask for another link" })).toBeVisible();
    await signIn(page, email, PASSWORD);
    await expect(page.getByRole("alert")).toContainText("not the right combination");
    await signIn(page, email, NEW);
    await expect(page).toHaveURL(/\/account$/);
  });

  test("an unknown address looks like a known one", async ({ page }) => {
    await open(page, "/account/forgot-password");
    await page.getByLabel("E-mail address or user name").fill(address("nobody"));
    await page.getByRole("button", { name: "Send link" }).click();
    await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  });

  test("the account page changes the password, and this browser stays signed in", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await signIn(page, email);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await field(page, "Present password").fill("not the password");
    await field(page, "New password").fill(NEW);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page).toHaveTitle("Error: Your account · Sereno");
    await expect(field(page, "Present password")).toHaveAccessibleDescription(/not your present password/);
    await alive(page);
    await field(page, "Present password").fill(PASSWORD);
    await field(page, "New password").fill(NEW);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("Your password is changed.")).toBeVisible();
    await signOut(page);
    await signIn(page, email, NEW);
    await expect(page).toHaveURL(/\/account$/);
  });

  test("the account page changes the address when the new one is confirmed", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const [email, next] = [address(), address("nova")];
    addUser(email);
    await signIn(page, email);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await field(page, "New e-mail address").fill("nonsense");
    await page.getByRole("button", { name: "Send link" }).click();
    await expect(field(page, "New e-mail address")).toHaveAccessibleDescription(/Please write an e-mail address/);
    await expect(field(page, "New e-mail address")).toHaveValue("nonsense");
    await alive(page);
    await field(page, "New e-mail address").fill(next);
    await page.getByRole("button", { name: "Send link" }).click();
    await expect(page.getByText("Check the mail at the new address")).toBeVisible();
    await expect(page.getByRole("definition").filter({ hasText: email })).toBeVisible();
    await mailTo(email, 1, "about to change");

    const { link } = await mailTo(next, 1, "confirm-email");
    await open(page, link);
    await open(page, link);
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByText("Your e-mail address is changed.")).toBeVisible();
    await page.getByRole("link", { name: "Go to your account" }).click();
    await expect(page.getByRole("definition").filter({ hasText: next })).toContainText("Confirmed");
    await open(page, link);
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByRole("alert")).toContainText("has been used, has expired or is wrong");
  });

  test("staff sends the link from the page of a user, after a question", async ({ page }) => {
    const [admin, email] = [address("admin"), address()];
    addUser(admin, "--superuser");
    const id = addUser(email);
    await signIn(page, admin);
    await expect(page).toHaveURL(/\/account$/);
    await open(page, `/console/users/${id}`);
    await page.getByRole("link", { name: "Send password reset" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText(`${email} gets a mail`);
    await dialog.getByRole("link", { name: "Cancel" }).click();
    await expect(dialog).toHaveCount(0);
    await page.getByRole("link", { name: "Send password reset" }).click();
    await dialog.getByRole("button", { name: "Send mail" }).click();
    await expect(page.getByText("A mail with a link to set a new password is on its way.")).toBeVisible();
    await mailTo(email, 1, "reset-password");
  });
}
