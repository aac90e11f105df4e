import { defineConfig, devices } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./tests/sereno";

// The workers read this file too: only the first reader chooses, the others find the choice in the environment.
if (!process.env.SERENO_E2E_PORT) {
  const folder = mkdtempSync(join(tmpdir(), "sereno-e2e-"));
  process.env.SERENO_E2E_PORT = String(freePort());
  process.env.SERENO_E2E_DATA = folder;
  process.env.SERENO_BIN = resolve(import.meta.dirname, process.env.SERENO_BIN ?? "../target/debug/sereno");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
const address = `127.0.0.1:${process.env.SERENO_E2E_PORT}`;

export default defineConfig({
  testDir: "tests",
  forbidOnly: !!process.env.CI,
  // A flaky test is a broken test.
  retries: 0,
  workers: 2,
  // What hangs, hangs: a busy machine is no fault of a test.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["./tests/failures.ts"]],
  use: {
    baseURL: `http://${address}`,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // a frame without rights would get a process of its own, and Playwright loses track of one that is filled again
        "--disable-site-isolation-trials",
      ],
    },
  },
  projects: [{ name: "desktop", use: { ...devices["Desktop Chrome"] } }],
  webServer: {
    command: `"${process.env.SERENO_BIN}" serve`,
    // Data goes to ./data: a folder of this run.
    cwd: process.env.SERENO_E2E_DATA,
    // All tests knock from one address.
    env: {
      SERENO__SERVER__LISTEN: address,
      SERENO__LIMIT__REQUESTS_PER_ADDRESS: "10000",
      SERENO__COMPAT__NETS_CORE__ENABLED: "true",
    },
    url: `http://${address}/health/live`,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
  },
});
