// People and their mail: users made at the command line, mails read from the folder they are written to.
import { expect, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const PASSWORD = "wheelbarrow at dawn";

let people = 0;

/** An address that no other test uses. */
export function address(name = "ana"): string {
  people += 1;
  return `${name}.${process.pid}.${people}@example.org`;
}

/** Runs the command line beside a server, by default the one all tests share. */
export function sereno(args: string[], input = "", folder = process.env.SERENO_E2E_DATA): string {
  const env = { ...process.env, SERENO__SERVER__LISTEN: `127.0.0.1:${process.env.SERENO_E2E_PORT}` };
  return execFileSync(process.env.SERENO_BIN ?? "", args, { cwd: folder, env, input, encoding: "utf8" }).trim();
}

/** Makes a user who can sign in with `PASSWORD`, and answers the id. */
export function addUser(email: string, ...more: string[]): string {
  return sereno(["user", "add", "--email", email, "--password-stdin", ...more], PASSWORD);
}

/** What stands in the latest of the mails to this address, once there are `count` of which the text says `about`. */
export async function mailTo(email: string, count = 1, about = ""): Promise<{ link: string; code: string }> {
  const folder = join(process.env.SERENO_E2E_DATA ?? "", "data", "mail");
  const mails = () =>
    // the folder is made with the first mail
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith(".eml"))
      .sort()
      .map((name) => decoded(readFileSync(join(folder, name), "utf8")))
      .filter((mail) => mail.includes(`To: ${email}`) && mail.includes(about));
  await expect.poll(() => mails().length, { message: `mails to ${email}` }).toBe(count);
  const mail = mails().at(-1) ?? "";
  return {
    link: mail.match(/https?:\/\/\S+\/account\/[\w/-]+\?token=[\w.~-]+(?:&password=none)?/)?.[0] ?? "",
    code: mail.match(/^(\d{4}-\d{4}|\d{6})$/m)?.[0] ?? "",
  };
}

/** With plain line ends. */
function decoded(text: string): string {
  return text.replace(/\r\n/g, "\n");
}

/** Opens a page and, where scripts run, waits until it has come to life: before that it is the page without scripts. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await alive(page);
}

export async function alive(page: Page): Promise<void> {
  // the page of a refusal stays as it is
  if ((await page.locator("html[data-js] script[type=module]").count()) > 0) {
    await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  }
}

export async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await open(page, "/account/sign-in");
  await page.getByLabel("E-mail address or user name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs somebody in who may do everything, and answers the address. */
export async function staff(page: Page): Promise<string> {
  const admin = address("admin");
  addUser(admin, "--superuser");
  await signIn(page, admin);
  await expect(page).toHaveURL(/\/account$/);
  return admin;
}
