// Staff at work: find users, look at one, lock and unlock, send the activation mail again. Every journey runs twice, with
// and without JavaScript.
import { address, addUser, alive, mailTo, open, signIn } from "./people";
import { holdsUp } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

const REFUSED = /status of 4\d\d/;

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  let admin: string;
  let adminId: string;

  test.beforeEach(async ({ page }) => {
    admin = address("admin");
    adminId = addUser(admin, "--superuser");
    await signIn(page, admin);
    await expect(page).toHaveURL(/\/account$/);
    await alive(page);
    await page.getByRole("link", { name: "Open the console" }).click();
    await expect(page).toHaveTitle("Overview · Sereno");
  });

  test("figures lead to the lists behind them", async ({ page }) => {
    addUser(address(), "--inactive");
    await open(page, "/console");
    await page.getByRole("table", { name: "People" }).getByRole("link", { name: "Pending" }).click();
    await expect(page).toHaveURL(/\/console\/users\?state=pending$/);
    await expect(page.getByRole("heading", { name: "Users" })).toBeVisible();
    await expect(page.getByLabel("State")).toHaveValue("pending");
    await expect(page.getByRole("row").filter({ hasText: "Active" })).toHaveCount(0);
  });

  test("search, order and paging are in the address, and the way back restores them", async ({ page }) => {
    const family = `kin${Math.random().toString(36).slice(2, 8)}`;
    for (const name of ["a", "b", "c"]) addUser(address(`${name}.${family}`));
    await open(page, "/console/users?limit=2");
    await page.getByRole("searchbox", { name: "Search" }).fill(family);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("3 accounts match")).toBeVisible();
    await page.getByRole("columnheader", { name: "User" }).getByRole("link").click();
    const rows = page.getByRole("rowheader");
    await expect(page.getByRole("columnheader", { name: "User" })).toHaveAttribute("aria-sort", "ascending");
    await expect(rows.first()).toContainText(`a.${family}`);
    await expect(rows).toHaveCount(2);
    await page.getByRole("link", { name: "Next" }).click();
    await expect(rows).toHaveCount(1);
    await expect(rows.first()).toContainText(`c.${family}`);
    const shared = page.url();
    await page.getByRole("link", { name: "Previous" }).click();
    await expect(rows.first()).toContainText(`a.${family}`);
    await page.goBack();
    await expect(rows.first()).toContainText(`c.${family}`);
    await open(page, shared);
    await expect(rows.first()).toContainText(`c.${family}`);
    await expect(page.getByRole("searchbox", { name: "Search" })).toHaveValue(family);
  });

  test("a search without result teaches", async ({ page }) => {
    await open(page, "/console/users?q=nobody-is-called-like-this");
    await expect(page.getByRole("heading", { name: "Nobody matches" })).toBeVisible();
    await page.getByRole("link", { name: "Show all users" }).click();
    await expect(page.getByRole("table", { name: "Users" })).toBeVisible();
  });

  test("lock and unlock a user", async ({ page, browser, baseURL, problems, javaScriptEnabled }) => {
    test.slow();
    problems.allow(REFUSED);
    const email = address();
    const id = addUser(email);
    const theirs = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
    await signIn(theirs, email);
    await expect(theirs).toHaveURL(/\/account$/);

    await open(page, `/console/users/${id}`);
    await page.getByRole("link", { name: "Lock account" }).click();
    const question = page.getByRole("dialog", { name: `Lock ${email}?` });
    await expect(question).toContainText("1 browser session");
    await expect(page).toHaveURL(/\?confirm=lock$/);
    await question.getByRole("link", { name: "Cancel" }).click();
    await expect(question).toBeHidden();
    await page.getByRole("link", { name: "Lock account" }).click();
    await question.getByRole("button", { name: "Lock account" }).click();
    await expect(page.getByRole("status").filter({ hasText: "The account is locked." })).toBeFocused();
    await expect(page.getByText("Locked", { exact: true })).toBeVisible();

    await theirs.goto("/account");
    await expect(theirs).toHaveURL(/\/account\/sign-in/);
    await signIn(theirs, email);
    await expect(theirs.getByRole("alert")).toContainText("not the right combination");

    await alive(page);
    await page.getByRole("button", { name: "Unlock account" }).click();
    await expect(page.getByText("The account is unlocked again.")).toBeVisible();
    await signIn(theirs, email);
    await expect(theirs).toHaveURL(/\/account$/);
    await theirs.context().close();
  });

  test("nobody locks their own account", async ({ page, problems }) => {
    problems.allow(REFUSED);
    await open(page, `/console/users/${adminId}?confirm=lock`);
    await page.getByRole("dialog").getByRole("button", { name: "Lock account" }).click();
    await expect(page.getByRole("alert")).toContainText("your own account");
  });

  test("send the activation mail again", async ({ page }) => {
    const email = address();
    const id = addUser(email, "--inactive");
    await mailTo(email);
    await open(page, `/console/users/${id}`);
    await page.getByRole("button", { name: "Send activation mail again" }).click();
    await expect(page.getByText("Another activation mail is on its way.")).toBeVisible();
    await mailTo(email, 2);
  });

  test("a user that is not there is a friendly 404", async ({ page, problems }) => {
    problems.allow(REFUSED);
    const answer = await page.goto("/console/users/0198c2d4-7b1e-7c3a-9f00-0000000000ff");
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  });

  test("sign out from the rail", async ({ page }) => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await page.goto("/console");
    await expect(page).toHaveURL(/\/account\/sign-in\?next=%2Fconsole$/);
  });
}

test("every page holds up in both themes and on a narrow screen", async ({ page }) => {
  test.slow();
  const admin = address("admin");
  addUser(admin, "--superuser");
  const id = addUser(address("somebody.with.a.rather.long.name"));
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  for (const path of [
    "/console",
    "/console/users",
    "/console/users?q=nobody-is-called-like-this",
    `/console/users/${id}`,
    `/console/users/${id}?confirm=lock`,
    `/console/users/${id}?done=unlock`,
  ]) {
    await holdsUp(page, path);
  }
});

test("the keyboard is enough, and Escape leaves the question", async ({ page }) => {
  const admin = address("admin");
  addUser(admin, "--superuser");
  const id = addUser(address());
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  await open(page, `/console/users/${id}`);
  await page.getByRole("link", { name: "Lock account" }).focus();
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog");
  await expect(question.getByRole("link", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(page).toHaveURL(new RegExp(`/console/users/${id}$`));
  await expect(page.getByRole("link", { name: "Lock account" })).toBeFocused();
});

test("after a navigation in the browser the heading has the focus", async ({ page }) => {
  const admin = address("admin");
  addUser(admin, "--superuser");
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  await open(page, "/console");
  await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Users" }).click();
  await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeFocused();
});

test("the rail folds away on a narrow screen", async ({ page }) => {
  const admin = address("admin");
  addUser(admin, "--superuser");
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, "/console");
  const users = page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Users" });
  await expect(users).toBeHidden();
  await page.getByText("Menu").click();
  await users.click();
  await expect(page).toHaveURL(/\/console\/users$/);
  await expect(users).toBeHidden();
});
