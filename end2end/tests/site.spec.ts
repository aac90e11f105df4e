// The chain from the binary to a living page: rendered, styled, hydrated, cached; from the binary alone.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, startSereno, test, withoutJavaScript } from "./sereno";

test("the page comes to life", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle("Sign in · Sereno");
  await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  await page.getByRole("button", { name: "Show password" }).click();
  await expect(page.getByLabel("Password")).toHaveAttribute("type", "text");
});

test("styles and fonts are there", async ({ page }) => {
  await page.goto("/");
  const button = page.getByRole("button", { name: "Sign in" });
  await expect(button).not.toHaveCSS("background-color", "rgba(0, 0, 0, 0)");
  expect(await page.evaluate(async () => (await document.fonts.load("1rem Inter")).length)).toBe(1);
});

test("what a page refers to may be kept for ever", async ({ page }) => {
  const answers: Record<string, string> = {};
  page.on("response", (response) => {
    answers[new URL(response.url()).pathname] = response.headers()["cache-control"] ?? "";
  });
  await page.goto("/");
  await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  const files = Object.keys(answers).filter((path) => path !== "/" && !path.startsWith("/account"));
  for (const name of ["sereno.css", "sereno.js", "sereno.wasm", "favicon.svg"]) {
    // A headless browser does not fetch the icon.
    if (name !== "favicon.svg") expect(files.some((path) => path.endsWith(`/${name}`)), name).toBe(true);
  }
  for (const path of files) {
    expect(path).toMatch(/^\/pkg\/[0-9a-f]{16}\//);
    expect(answers[path], path).toContain("immutable");
  }
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  const answer = await page.request.get(icon ?? "");
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toContain("image/svg+xml");
});

test("the binary alone in an empty folder is enough", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "sereno-alone-"));
  try {
    const binary = join(folder, "sereno");
    copyFileSync(process.env.SERENO_BIN ?? "", binary);
    expect(readdirSync(folder)).toEqual(["sereno"]);
    // Not even an environment: nothing may lead it back to the folder it was built in.
    const server = await startSereno(binary, folder);
    try {
      await page.goto(server.url);
      await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

withoutJavaScript(() => {
  test("the page is readable", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  });
});
