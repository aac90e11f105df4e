// Staff looks for a device, renames it and removes it; its tokens end. With and without JavaScript.
import { PASSWORD, address, addUser, alive, open, signIn, staff } from "./people";
import { holdsUp } from "./quality";
import { expect, test, withoutJavaScript } from "./sereno";
import type { APIRequestContext } from "@playwright/test";

test.describe("with JavaScript", journeys);
withoutJavaScript(journeys);

interface On {
  access_token: string;
  device_id: string;
}

async function logIn(request: APIRequestContext, identifier: string, name: string): Promise<On> {
  const device = { name, os: "Android", os_version: "16", firebase_token: `fcm:${name.replace(/\W/g, "")}-0123456789` };
  const answer = await request.post("/api/v1/login", { data: { identifier, password: PASSWORD, device } });
  expect(answer.status()).toBe(200);
  return (await answer.json()) as On;
}

function journeys() {
  test("find, rename and remove a device", async ({ page, playwright, baseURL }) => {
    test.slow();
    await staff(page);
    // a program, which has none of the browser's cookies
    const request = await playwright.request.newContext({ baseURL });
    const email = address("ana");
    addUser(email);
    const phone = await logIn(request, email, "Pocket phone");
    await logIn(request, email, "Big tablet");

    await open(page, "/console");
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Devices" }).click();
    await expect(page).toHaveTitle("Devices · Sereno");
    await page.getByRole("searchbox", { name: "Search" }).fill("pocket");
    await page.getByRole("searchbox", { name: "User" }).fill(email);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText("1 device matches")).toBeVisible();
    await page.getByRole("link", { name: "Pocket phone" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Pocket phone" })).toBeVisible();
    await expect(page.getByText("Android 16")).toBeVisible();
    await expect(page.getByRole("table", { name: "Sign-ins on this device" }).getByRole("rowheader")).toHaveText("Sereno");

    await alive(page);
    await page.getByLabel("Name").fill("Lost phone");
    await page.getByRole("button", { name: "Save name" }).click();
    await expect(page.getByText("The device has another name now.")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "Lost phone" })).toBeVisible();

    await alive(page);
    await page.getByRole("link", { name: "Remove device" }).click();
    const question = page.getByRole("dialog", { name: "Remove Lost phone?" });
    await question.getByRole("button", { name: "Remove device" }).click();
    await expect(page.getByText("The device is removed, and its sign-ins have ended.")).toBeVisible();
    const headers = { authorization: `Bearer ${phone.access_token}` };
    expect((await request.get("/api/v1/me", { headers })).status()).toBe(401);
    await request.dispose();
  });

  test("pages of the list, and the way from a user", async ({ page, playwright, baseURL }) => {
    test.slow();
    await staff(page);
    const request = await playwright.request.newContext({ baseURL });
    const email = address("bea");
    const id = addUser(email);
    for (const name of ["First", "Second", "Third"]) await logIn(request, email, name);
    await request.dispose();
    await open(page, `/console/users/${id}`);
    await page.getByRole("link", { name: "Devices of this user" }).click();
    await expect(page.getByText("3 devices match")).toBeVisible();
    await open(page, `/console/devices?user=${encodeURIComponent(email)}&limit=2`);
    const rows = page.getByRole("rowheader");
    await expect(rows).toHaveCount(2);
    await page.getByRole("link", { name: "Next" }).click();
    await expect(rows).toHaveCount(1);
    await page.goBack();
    await expect(rows).toHaveCount(2);
  });
}

test("every page holds up in both themes and on a narrow screen", async ({ page, playwright, baseURL }) => {
  test.slow();
  await staff(page);
  const request = await playwright.request.newContext({ baseURL });
  const email = address("cia");
  addUser(email);
  const { device_id } = await logIn(request, email, "Pocket phone");
  await request.dispose();
  for (const each of [
    "/console/devices",
    "/console/devices?q=nothing-is-called-like-this",
    `/console/devices/${device_id}`,
    `/console/devices/${device_id}?confirm=remove`,
    `/console/devices/${device_id}?done=renamed`,
  ]) {
    await holdsUp(page, each);
  }
});

test("one's own devices are renamed and removed, and the page holds up", async ({ page, playwright, baseURL }) => {
  test.slow();
  const request = await playwright.request.newContext({ baseURL });
  const email = address("ana");
  addUser(email);
  await logIn(request, email, "Old phone");
  await signIn(page, email);
  await expect(page).toHaveURL(/\/account$/);
  await alive(page);
  await page.getByRole("link", { name: "Devices" }).click();
  await expect(page).toHaveTitle("Your devices · Sereno");
  await page.getByRole("link", { name: "Rename Old phone" }).click();
  await page.getByLabel("Name of the device").fill("Pocket phone");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The device has another name now.")).toBeVisible();
  await holdsUp(page, "/account/devices");
  await open(page, "/account/devices");
  await alive(page);
  await page.getByRole("button", { name: "Remove Pocket phone" }).click();
  await expect(page.getByText("The device is removed, and signed out everywhere.")).toBeVisible();
  await expect(page.getByText("No application has told us of a device yet.")).toBeVisible();
});
