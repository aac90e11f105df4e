// What failed, a line each, as the last thing that is printed: logs are often read, and kept, from their end.
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class Failures implements Reporter {
  private readonly lines: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === test.expectedStatus || result.status === "skipped") return;
    const place = `${test.location.file.split("/").pop() ?? ""}:${result.errors[0]?.location?.line ?? test.location.line}`;
    // without the colours of a terminal
    const message = (result.errors[0]?.message ?? result.status).replace(/\u001b\[[\d;]*m/g, "").split("\n");
    const facts = message.filter((line) => line.trim() !== "").slice(0, 12).map((line) => line.trim());
    this.lines.push(`${place} ${test.titlePath().slice(3).join(" › ")}: ${facts.join(" | ").slice(0, 1000)}`);
  }

  onEnd(): void {
    for (const line of this.lines) console.log(line);
  }

  printsToStdio(): boolean {
    return true;
  }
}
