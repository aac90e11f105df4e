// Staff makes a permission, a role and a project, gives the role, asks whether somebody may, and takes it back. With and
// without JavaScript.
import { address, addUser, alive, mailTo, open, signIn, staff } from "./people";
import { holdsUp, photograph } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";
import type { Page } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

/** A name that no other test uses. */
function unused(name: string): string {
  return address(name).split("@")[0];
}

async function makePermission(page: Page, codename: string): Promise<void> {
  await open(page, "/console/permissions");
  await page.getByLabel("Codename", { exact: true }).fill(codename);
  await page.getByLabel("Description").fill("Reads documents");
  await page.getByRole("button", { name: "Add permission" }).click();
  await expect(page.getByText("The permission is in the catalogue.")).toBeVisible();
}

async function makeRole(page: Page, codename: string, permissions: string): Promise<void> {
  await open(page, "/console/roles/new");
  await page.getByLabel("Codename", { exact: true }).fill(codename);
  await page.getByLabel("Grants by itself").fill(permissions);
  await page.getByRole("button", { name: "Make role" }).click();
  await expect(page.getByText("The role is made.")).toBeVisible();
  await alive(page);
}

async function makeProject(page: Page, slug: string): Promise<void> {
  await open(page, "/console/projects/new");
  await page.getByLabel("Name in addresses").fill(slug);
  await page.getByRole("button", { name: "Make project" }).click();
  await expect(page.getByText("The project is made.")).toBeVisible();
  await alive(page);
}

async function ask(page: Page, user: string, permission: string, project: string): Promise<void> {
  await open(page, "/console/explorer");
  await page.getByRole("searchbox", { name: "Can" }).fill(user);
  await page.getByRole("searchbox", { name: "do" }).fill(permission);
  await page.getByRole("searchbox", { name: "in", exact: true }).fill(project);
  await page.getByRole("button", { name: "Ask" }).click();
}

function journeys() {
  test("invite somebody, who chooses a password by the mail's link and signs in", async ({ page, problems }) => {
    test.slow();
    problems.allow(/invite_user/); // the browser notes the 422
    await staff(page);
    const [role, bea] = [unused("seller"), address("bea")];
    await makeRole(page, role, "");
    await open(page, "/console/users");
    await page.getByRole("link", { name: "Invite" }).click();
    await expect(page.getByRole("heading", { name: "Invite somebody" })).toBeVisible();
    await alive(page);
    await photograph(page, "invite");
    await page.getByLabel("E-mail address").fill(bea);
    await page.getByLabel("First name").fill("Bea");
    await page.getByLabel("Project").fill("no-such-project");
    await page.getByRole("button", { name: "Invite" }).click();
    await expect(page.getByRole("alert").first()).toBeVisible();
    await expect(page.getByLabel("E-mail address")).toHaveValue(bea);
    await alive(page);
    await page.getByLabel("Project").fill("");
    await page.getByLabel("Role").selectOption({ label: `${role} (${role})` });
    await page.getByRole("button", { name: "Invite" }).click();
    await expect(page.getByText("The invitation is on its way.")).toBeVisible();

    await page.context().clearCookies();
    await open(page, (await mailTo(bea)).link);
    await page.getByLabel("New password").fill("a boat at the far shore");
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page).toHaveURL(/\/account\/sign-in\?done=activated/);
    await signIn(page, bea, "a boat at the far shore");
    await expect(page).toHaveURL(/\/account$/);
  });

  test("give a role in a project, ask why, and take it back", async ({ page, problems }) => {
    test.slow();
    problems.allow(/give_role/); // the browser notes the 422
    await staff(page);
    const ana = address("ana");
    const id = addUser(ana);
    const [codename, role, project] = [unused("docs"), unused("reader"), unused("acme").replaceAll(".", "-")];
    await makePermission(page, codename);
    await makeRole(page, role, codename);
    const rolePage = new URL(page.url()).pathname;
    await makeProject(page, project);
    await page.getByLabel("User").fill(ana);
    await page.getByRole("button", { name: "Add member" }).click();
    await expect(page.getByText("The member is saved.")).toBeVisible();
    await expect(page.getByRole("table", { name: "Members" }).getByRole("rowheader")).toContainText(ana);

    await ask(page, ana, codename, project);
    const answer = page.getByRole("region", { name: "Answer" });
    await expect(answer).toContainText("No");
    await expect(answer).toContainText("Nothing that the user holds there grants it.");

    // who is unknown is told at the field, and nothing is lost
    await open(page, rolePage);
    await page.getByLabel("Users").fill("nobody-is-called-so");
    await page.getByLabel("Project").fill(project);
    await page.getByRole("button", { name: "Give role" }).click();
    await expect(page.getByRole("alert")).toContainText("nobody-is-called-so");
    await expect(page.getByLabel("Users")).toHaveValue("nobody-is-called-so");
    await alive(page);
    await page.getByLabel("Users").fill(ana);
    await page.getByLabel("Ends").fill("2099-12-01T10:30");
    await page.getByRole("button", { name: "Give role" }).click();
    await expect(page.getByText("The role is given.")).toBeVisible();
    await expect(page.getByText("1 Dec 2099, 10:30 UTC")).toBeVisible();

    await ask(page, ana, codename, project);
    await expect(answer).toContainText("Yes");
    await expect(answer).toContainText(`project ${project} → role ${role} → permission ${codename}`);

    await open(page, `/console/users/${id}`);
    await page.getByRole("navigation", { name: "User" }).getByRole("link", { name: "Roles" }).click();
    await expect(page.getByRole("table", { name: "Roles given, the last first" })).toContainText(project);
    await page.getByRole("searchbox", { name: "In the project" }).fill(project);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByRole("table", { name: "Permissions in effect" })).toContainText(`role ${role} → permission ${codename}`);
    await page.getByRole("link", { name: "Take back" }).click();
    const question = page.getByRole("dialog", { name: `Take ${role} back from ${ana}?` });
    await question.getByRole("button", { name: "Take back" }).click();
    await expect(page.getByText("The role is taken back.")).toBeVisible();

    await ask(page, ana, codename, project);
    await expect(answer).toContainText("No");
  });

  test("a role includes another, and the matrix shows and changes it", async ({ page }) => {
    test.slow();
    await staff(page);
    const [codename, base, role] = [unused("docs"), unused("reader"), unused("writer")];
    await makePermission(page, codename);
    await makeRole(page, base, codename);
    await makeRole(page, role, "");
    await page.getByLabel(`${base} (${base})`).check();
    await page.getByRole("button", { name: "Save role" }).click();
    await expect(page.getByText("The role is saved.")).toBeVisible();
    await expect(page.getByRole("table", { name: "What it grants" })).toContainText(`By including ${base}`);

    await open(page, `/console/roles/matrix?q=${codename}&role=${role}`);
    await expect(page.getByText("Included", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: `${role} does not grant ${codename} by itself: let it` }).click();
    await expect(page.getByText("The role grants it from now on.")).toBeVisible();
    await alive(page);
    await page.getByRole("button", { name: `${role} grants ${codename}: take it away` }).click();
    await expect(page.getByText("The role no longer grants it by itself.")).toBeVisible();
    // the search is still there
    expect(page.url()).toContain(`role=${encodeURIComponent(role).replaceAll(".", "%2E")}`);
  });
}

test("every page holds up in both themes and on a narrow screen", async ({ page }) => {
  test.setTimeout(180_000);
  await staff(page);
  const ana = address("ana");
  const id = addUser(ana);
  const [codename, role, project] = [unused("docs"), unused("reader"), unused("acme").replaceAll(".", "-")];
  await makePermission(page, codename);
  await makeRole(page, role, codename);
  const rolePage = new URL(page.url()).pathname;
  await makeProject(page, project);
  const projectPage = new URL(page.url()).pathname;
  await page.getByLabel("User").fill(ana);
  await page.getByRole("button", { name: "Add member" }).click();
  await expect(page.getByText("The member is saved.")).toBeVisible();
  await open(page, rolePage);
  await page.getByLabel("Users").fill(ana);
  await page.getByRole("button", { name: "Give role" }).click();
  await expect(page.getByText("The role is given.")).toBeVisible();
  const take = new URL((await page.getByRole("link", { name: "Take back" }).getAttribute("href")) ?? "", page.url());
  for (const [name, path] of [
    ["roles", "/console/roles"],
    ["roles-none", "/console/roles?q=nothing-is-called-like-this"],
    ["role-new", "/console/roles/new"],
    ["role", rolePage],
    ["role-take", `${take.pathname}${take.search}`],
    ["role-delete", `${rolePage}?confirm=delete`],
    ["matrix", "/console/roles/matrix"],
    ["permissions", `/console/permissions?q=${codename}`],
    ["asked", "/console/permissions/asked"],
    ["projects", "/console/projects"],
    ["project-new", "/console/projects/new"],
    ["project", projectPage],
    ["member", `${projectPage}?member=${id}`],
    ["user-roles", `/console/users/${id}/roles`],
    ["user-invite", "/console/users/invite"],
    ["explorer", `/console/explorer?user=${encodeURIComponent(ana)}&permission=${codename}`],
  ]) {
    await holdsUp(page, path);
    await photograph(page, name);
  }
});
