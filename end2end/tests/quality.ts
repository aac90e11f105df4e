// What must hold on every page: nothing for axe to find in either theme, nothing beyond the edge of a narrow screen.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { open } from "./people";

export async function holdsUp(page: Page, path: string): Promise<void> {
  await open(page, path);
  await isFlawless(page, path);
  await fits(page, path);
}

/**
 * Axe finds nothing on the page as it is. Themes differ in their colours and in nothing else, so the page is not loaded
 * again for the second one and only its colours are looked at: loading the site of a debug build and looking through a
 * page are what these tests spend their time on.
 */
export async function isFlawless(page: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === "light" ? axe : axe.withRules("color-contrast")).analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
    expect(found, `${what}, ${colorScheme}`).toEqual([]);
  }
}

/** Nothing stands beyond the edge of a narrow screen. */
export async function fits(page: Page, what: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth), `${what} is too wide`).toBeLessThanOrEqual(320);
  if (before) await page.setViewportSize(before);
}

/** Leaves pictures of the page that is open, light, dark and on a phone, where somebody asks for them. */
export async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env.SERENO_SCREENSHOTS;
  if (!folder) return;
  const before = page.viewportSize();
  for (const [look, colorScheme, width] of [
    ["light", "light", 1280],
    ["dark", "dark", 1280],
    ["phone", "light", 360],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: `${folder}/${name.replace(/\W+/g, "-")}.${look}.png`, fullPage: true });
  }
  if (before) await page.setViewportSize(before);
}
