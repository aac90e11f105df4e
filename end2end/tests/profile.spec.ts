// One's own profile and sign-ins, and what staff does with them: attributes, profiles, their history. Every journey runs
// twice, with and without JavaScript.
import { address, addUser, alive, open, signIn } from "./people";
import { holdsUp, photograph } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

// Chromium writes a line for every refused form that was sent by script.
const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("a profile is filled in, refused where it is wrong, and kept", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const email = address();
    addUser(email);
    await signIn(page, email);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await page.getByRole("link", { name: "Profile" }).click();
    await expect(page).toHaveTitle("Your profile · Sereno");
    await expect(page.getByRole("link", { name: "Profile" })).toHaveAttribute("aria-current", "page");
    await alive(page);
    await page.getByLabel("First name").fill("Ana");
    await page.getByLabel("User name").fill("ana@home");
    await page.getByRole("combobox", { name: "Language" }).selectOption("Deutsch");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page).toHaveTitle("Error: Your profile · Sereno");
    await expect(page.getByLabel("First name")).toHaveValue("Ana");
    await expect(page.getByLabel("User name")).toHaveAccessibleDescription(/no @/);
    await alive(page);
    await page.getByLabel("User name").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your profile is saved.")).toBeVisible();
    await page.reload();
    await expect(page.getByLabel("First name")).toHaveValue("Ana");
    await expect(page.getByRole("combobox", { name: "Language" })).toHaveValue("de");
  });

  test("sign-ins are listed, and ended one by one and all at once", async ({ page, browser, baseURL, javaScriptEnabled }) => {
    test.slow();
    const email = address();
    addUser(email);
    const elsewhere = async () => {
      const other = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
      await signIn(other, email);
      await expect(other).toHaveURL(/\/account$/);
      return other;
    };
    const first = await elsewhere();
    await signIn(page, email);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await page.getByRole("link", { name: "Sign-ins" }).click();
    await expect(page).toHaveTitle("Your sign-ins · Sereno");
    const rows = page.getByRole("main").getByRole("listitem").filter({ hasText: "Last seen" });
    await expect(rows).toHaveCount(2);
    await expect(rows.filter({ hasText: "This one" })).toHaveCount(1);
    await expect(rows.first()).toContainText("Chrome");
    await alive(page);
    await page.getByRole("button", { name: /^End Chrome/ }).click();
    await expect(page.getByText("The sign-in has ended.")).toBeVisible();
    await first.goto("/account");
    await expect(first).toHaveURL(/sign-in/);

    await elsewhere();
    await elsewhere();
    await open(page, "/account/sessions?limit=2");
    await expect(rows).toHaveCount(2);
    await page.getByRole("link", { name: "Next" }).click();
    await expect(rows).toHaveCount(1);
    await open(page, "/account/sessions");
    await page.getByRole("button", { name: "End all others" }).click();
    await expect(page.getByText("All other sign-ins have ended.")).toBeVisible();
    await expect(rows).toHaveCount(1);
    await alive(page);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await page.goto("/account/sessions");
    await expect(page).toHaveURL(/sign-in\?next=%2Faccount%2Fsessions$/);
  });

  test("staff declares an attribute, fills it in for a user, and reads who changed what", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const [admin, email, name] = [address("admin"), address(), `size_${Math.random().toString(36).slice(2, 8)}`];
    addUser(admin, "--superuser");
    const id = addUser(email);
    await signIn(page, admin);
    await expect(page).toHaveURL(/\/account$/);
    await open(page, "/console/attributes");
    await page.getByLabel("Name").fill("a b");
    await page.getByLabel("Description").fill("of the shoe");
    await page.getByRole("button", { name: "Declare" }).click();
    await expect(page.getByRole("alert")).toContainText("not allowed");
    await expect(page.getByLabel("Description")).toHaveValue("of the shoe");
    await alive(page);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Type").selectOption("Whole number");
    await page.getByRole("button", { name: "Declare" }).click();
    await expect(page.getByText("The attribute is declared.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: `Change ${name}` }).click();
    await page.getByLabel("Users may not change it themselves").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row").filter({ hasText: name })).toContainText("Protected");

    await open(page, `/console/users/${id}`);
    await page.getByRole("navigation", { name: "User" }).getByRole("link", { name: "Profile" }).click();
    const size = page.locator(`[id="attributes.${name}"]`);
    await expect(size).toHaveAccessibleDescription("of the shoe");
    await alive(page);
    await size.fill("big");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("alert")).toContainText("whole number");
    await expect(size).toHaveValue("big");
    await alive(page);
    await size.fill("43");
    await page.getByLabel("Other attributes").fill('{"left": ["over"]}');
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("The profile is saved.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: "Changes" }).click();
    await expect(page.getByRole("row").filter({ hasText: name })).toContainText("43");
    await expect(page.getByRole("row").filter({ hasText: name })).toContainText(admin);
    await page.getByRole("link", { name: `attributes.${name}` }).click();
    await expect(page.getByText("1 change of")).toBeVisible();
    await page.getByRole("link", { name: "Show all fields" }).click();
    await expect(page.getByText("2 changes")).toBeVisible();

    await open(page, "/console/attributes");
    await page.getByRole("link", { name: `Withdraw ${name}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
    await expect(page.getByText("The declaration is withdrawn.")).toBeVisible();
    await expect(page.getByRole("row").filter({ hasText: name })).toHaveCount(0);
  });

  test("staff ends sign-ins", async ({ page, browser, baseURL, javaScriptEnabled }) => {
    const [admin, email] = [address("admin"), address()];
    addUser(admin, "--superuser");
    const id = addUser(email);
    const theirs = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
    for (let round = 0; round < 2; round++) {
      await theirs.context().clearCookies();
      await signIn(theirs, email);
      await expect(theirs).toHaveURL(/\/account$/);
    }
    await signIn(page, admin);
    await expect(page).toHaveURL(/\/account$/);
    await open(page, `/console/users/${id}`);
    await page.getByRole("link", { name: "Show sign-ins" }).click();
    await expect(page.getByText("2 sign-ins work right now")).toBeVisible();
    await alive(page);
    await page.getByRole("button", { name: /^End Chrome/ }).last().click();
    await expect(page.getByText("The sign-in has ended.")).toBeVisible();
    await alive(page);
    await page.getByRole("link", { name: "End all sign-ins" }).click();
    const question = page.getByRole("dialog", { name: "End every sign-in of this user?" });
    await expect(question).toContainText("1 sign-in will stop working");
    await question.getByRole("button", { name: "End all sign-ins" }).click();
    await expect(page.getByText("Every sign-in of this user has ended.")).toBeVisible();
    await expect(page.getByText("0 sign-ins work right now")).toBeVisible();
    await theirs.goto("/account");
    await expect(theirs).toHaveURL(/sign-in/);
  });
}

test("the new pages hold up in both themes and on a narrow screen", async ({ page }) => {
  test.slow();
  const admin = address("admin");
  const id = addUser(admin, "--superuser");
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  const name = `shoe_size_${Math.random().toString(36).slice(2, 8)}`;
  await open(page, "/console/attributes");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Description").fill("The size of the shoe, as it is sold in Europe");
  await page.getByLabel("Type").selectOption("List");
  await page.getByRole("button", { name: "Declare" }).click();
  await expect(page.getByText("The attribute is declared.")).toBeVisible();
  await open(page, "/account/profile");
  await page.getByLabel("First name").fill("Ana");
  await page.locator(`[id="attributes.${name}"]`).fill("forty-three\nforty-four");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your profile is saved.")).toBeVisible();
  for (const path of [
    "/account/profile",
    "/account/sessions",
    "/account/sessions?done=one",
    "/console/attributes",
    `/console/attributes?change=${name}`,
    `/console/attributes?confirm=${name}`,
    `/console/users/${id}/profile`,
    `/console/users/${id}/sign-ins`,
    `/console/users/${id}/sign-ins?confirm=all`,
    `/console/users/${id}/changes`,
    `/console/users/${id}/changes?field=first_name`,
  ]) {
    await holdsUp(page, path);
    await photograph(page, path.replace(id, "id").replace(name, "name"));
  }
});
