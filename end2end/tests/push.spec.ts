// Staff looks at what was told to devices. With and without JavaScript.
import { open, staff } from "./people";
import { holdsUp } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

function journeys() {
  test("the history of notifications is there before anything was sent", async ({ page }) => {
    test.slow();
    await staff(page);
    await open(page, "/console");
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Push" }).click();
    await expect(page).toHaveURL(/\/console\/push$/);
    await page.getByRole("searchbox", { name: "Search" }).fill("nobody");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page).toHaveURL(/q=nobody/);
  });
}

test("the pages of push hold up in both themes and on a narrow screen", async ({ page }) => {
  test.slow();
  await staff(page);
  await holdsUp(page, "/console/push");
});
