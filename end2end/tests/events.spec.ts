// Staff finds a replayed refresh token among the events and sees where its line went. With and without JavaScript.
import { PASSWORD, address, addUser, open, staff } from "./people";
import { holdsUp } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";
import type { APIRequestContext } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

// The first refresh token comes again after its successor was used.
async function replay(request: APIRequestContext, identifier: string): Promise<void> {
  const answer = await request.post("/api/v1/login", { data: { identifier, password: PASSWORD } });
  const tokens = [((await answer.json()) as { refresh_token: string }).refresh_token];
  for (let round = 0; round < 2; round += 1) {
    const next = await request.post("/api/v1/token/refresh", { data: { refresh_token: tokens[round] } });
    expect(next.status()).toBe(200);
    tokens.push(((await next.json()) as { refresh_token: string }).refresh_token);
  }
  const refused = await request.post("/api/v1/token/refresh", { data: { refresh_token: tokens[0] } });
  expect(refused.status()).toBe(401);
}

function journeys() {
  test("from a user to the lineage of a replayed refresh token", async ({ page, playwright, baseURL }) => {
    test.slow();
    await staff(page);
    const email = address("ana");
    const id = addUser(email);
    // a program, which has none of the browser's cookies
    const request = await playwright.request.newContext({ baseURL });
    await replay(request, email);
    await request.dispose();

    await open(page, `/console/users/${id}`);
    await page.getByRole("link", { name: "All events about this user" }).click();
    await expect(page).toHaveTitle("Events · Sereno");
    await page.getByLabel("Event", { exact: true }).selectOption("refresh_replayed");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("1 event matches")).toBeVisible();
    await expect(page).toHaveURL(/kind=refresh(_|%5F)replayed/);
    await page.getByRole("rowheader").getByRole("link", { name: "refresh_replayed" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "refresh_replayed" })).toBeVisible();
    const line = page.getByRole("table", { name: "Refresh tokens, oldest first" });
    await expect(line.getByRole("rowheader")).toHaveCount(3);
    await expect(line.getByText("Replayed")).toHaveCount(1);
    await page.getByRole("link", { name: "Its events" }).click();
    await expect(page.getByRole("rowheader")).toHaveCount(4);
  });

  test("filters and pages of the list", async ({ page }) => {
    await staff(page);
    await open(page, "/console/events?limit=1");
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Next" }).click();
    await expect(page).toHaveURL(/cursor=/);
    await page.getByRole("searchbox", { name: "Search" }).fill("no such thing");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByRole("heading", { name: "Nothing matches" })).toBeVisible();
    await page.getByRole("link", { name: "Show all events" }).click();
    await expect(page.getByRole("table", { name: "Events, newest first" })).toBeVisible();
  });
}

test("what is typed and chosen while the next page is on its way stays", async ({ page }) => {
  await staff(page);
  await open(page, "/console/events?limit=1");
  // the answer waits until the test has typed
  let arrive = () => {};
  const typed = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/console/fn/list_events*", async (route) => {
    await typed;
    await route.continue();
  });
  const search = page.getByRole("searchbox", { name: "Search" });
  const outcome = page.getByLabel("Outcome");
  const day = page.getByLabel("From (UTC)");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await search.fill("no such thing");
  await outcome.selectOption("failure");
  await day.fill("2026-11-20");
  arrive();
  await expect(page.getByRole("link", { name: "Previous" })).toBeVisible();
  await expect(search).toHaveValue("no such thing");
  await expect(outcome).toHaveValue("failure");
  await expect(day).toHaveValue("2026-11-20");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByRole("heading", { name: "Nothing matches" })).toBeVisible();
  // the address rules again as soon as it says something else
  await page.goBack();
  await expect(page.getByRole("link", { name: "Previous" })).toBeVisible();
  await expect(search).toHaveValue("");
  await expect(outcome).toHaveValue("");
  await expect(day).toHaveValue("");
});

test("the pages of events hold up", async ({ page }) => {
  test.slow();
  await staff(page);
  await holdsUp(page, "/console/events");
});
