// The one page of the facade nets_core: asking for the end of an account, and proving it by the mail's code. Every journey
// runs twice, with and without JavaScript; the page has none.
import { address, addUser, mailTo, PASSWORD, signIn } from "./people";
import { fits, isFlawless } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

const PAGE = "/compat/nets-core/requestDelete/";
// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("an account is closed by the code of a mail", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await page.goto(PAGE);
    await expect(page).toHaveTitle("Django NETS CORE");
    await expect(page.getByRole("heading", { name: "Request Account Deletion" })).toBeVisible();
    await page.getByLabel("E-mail").first().fill(email);
    await page.getByRole("button", { name: "Send code" }).click();
    await expect(page.getByRole("status")).toContainText("on its way");
    const { code } = await mailTo(email, 1, "account/delete");
    // what was typed stands there again
    await page.getByLabel("Code").fill("0000-0000");
    await page.getByRole("button", { name: "Delete account" }).click();
    await expect(page.getByRole("status")).toHaveText("Invalid code");
    await page.getByLabel("Code").fill(code);
    await page.getByRole("button", { name: "Delete account" }).click();
    await expect(page.getByRole("status")).toHaveText("Account deleted successfully");
    await signIn(page, email, PASSWORD);
    await expect(page.getByRole("alert")).toContainText("not the right combination");
  });
}

test("its page holds up in both themes and on a narrow screen", async ({ page }) => {
  await page.goto(PAGE);
  await isFlawless(page, PAGE);
  await fits(page, PAGE);
});
