// What the tests have in common: a `test` that fails on any complaint of the browser, and servers of their own.
import { test as base, expect } from "@playwright/test";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

export { expect };

export interface Problems {
  /** Lets complaints pass that the test provokes, such as the browser's line about a 401. */
  allow(pattern: RegExp): void;
}

/**
 * Like Playwright's, but a test fails when the browser writes an error or a warning to its console, or when a script
 * throws: hydration mismatches, refused scripts and missing files show up there and nowhere else.
 */
export const test = base.extend<{ problems: Problems }>({
  problems: [
    async ({ context, javaScriptEnabled }, use) => {
      const seen: string[] = [];
      // without scripts nobody uses what is loaded ahead for them
      const allowed: RegExp[] = javaScriptEnabled ? [] : [/preloaded using link preload but not used/];
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          seen.push(`${message.type()}: ${message.text()} (${message.location().url})`);
        }
      });
      context.on("weberror", (error) => seen.push(`exception: ${error.error()}`));
      await use({ allow: (pattern) => allowed.push(pattern) });
      expect(seen.filter((line) => !allowed.some((pattern) => pattern.test(line)))).toEqual([]);
    },
    { auto: true },
  ],
});

/**
 * The browser's complaint of the test's own look into a frame that may run nothing: whatever stands in it, also nothing
 * yet, or the browser's own page in place of one that was left before it came.
 */
export const LOOKED_INTO = /Blocked script execution in '[^']*' because the document's frame is sandboxed/;

/** The tests inside run in a browser that has JavaScript switched off. */
export function withoutJavaScript(tests: () => void) {
  test.describe("without JavaScript", () => {
    test.use({ javaScriptEnabled: false });
    tests();
  });
}

/** A port nobody listens on. Synchronous, for the configuration needs it so. */
export function freePort(): number {
  const script = `
    const server = require("net").createServer();
    server.listen(0, "127.0.0.1", () => {
      process.stdout.write(String(server.address().port));
      server.close();
    });`;
  return Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
}

/** Starts a server of the test's own in a folder and waits until it answers. */
export async function startSereno(binary: string, folder: string, env: Record<string, string> = {}) {
  const address = `127.0.0.1:${freePort()}`;
  const server: ChildProcess = spawn(binary, ["serve"], {
    cwd: folder,
    env: { ...env, SERENO__SERVER__LISTEN: address },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const url = `http://${address}`;
  const alive = async () => {
    try {
      return (await fetch(`${url}/health/live`)).ok;
    } catch {
      return false;
    }
  };
  const stop = async () => {
    if (server.exitCode === null && server.kill("SIGTERM")) await once(server, "exit");
  };
  try {
    await expect.poll(alive, { timeout: 60_000 }).toBe(true);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
