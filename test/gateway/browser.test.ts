import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Gateway } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { findProgram, hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { start } from "./gateway-site.ts";

/** Where the screenshots are, for whoever wants to look at them. */
const screens = fileURLToPath(new URL("../../.build/gateway-screens/", import.meta.url));

const dayMs = 86_400_000;
const day = new Date("2026-03-01T12:34:56Z");

/** A second of silence: 8,000 samples of a byte each. */
function second(): Buffer {
  const head = Buffer.from("RIFF....WAVEfmt ....ABCDRATERATEABCDdata....", "latin1");
  head.writeUInt32LE(8_036, 4);
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 8_000],
    [40, 8_000],
  ] as const)
    head.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    head.writeUInt16LE(value, at);
  return Buffer.concat([head, Buffer.alloc(8_000, 0x80)]);
}

/** The directory that is looked at. */
const home = "projects/atlas/";

async function site(): Promise<Gateway> {
  const transport = getTransport("memory:///");
  const files: readonly (readonly [path: string, content: string | Uint8Array])[] = [
    ["archive/2024/january.tar.gz", Buffer.alloc(12_345_678)],
    ["assets/logo.svg", "<svg/>"],
    ["reports/annual.pdf", "pdf"],
    ["reports/spoken.wav", second()],
    ["CHANGELOG.md", "# Changes\n".repeat(400)],
    ["chapter 2.txt", "two"],
    ["chapter 10.txt", "ten".repeat(1_000)],
    ["database.sql.zst", Buffer.alloc(7_340_032)],
    ["index.html", '<!DOCTYPE html><title>fine</title><script>document.title = "ran"</script>'],
    ["měření.csv", "a,b\n1,2\n"],
  ];
  for (const [at, [path, content]] of files.entries())
    await transport.put(`${home}${path}`, content, {
      createParents: true,
      mtime: new Date(day.getTime() - at * 3.7 * dayMs),
    });
  return await start(transport);
}

/** What would run, or lead elsewhere, if it were anything but a name. */
const hostileNames = [
  "<script>document.title='ran'",
  "<img src=x onerror=\"document.title='ran'\">",
  "\"><svg onload=document.title='ran'>",
  "javascript:document.title='ran'",
  "' onmouseover='document.title=1",
  "</title><script>document.title='ran'</script>".replaceAll("/", "\\"),
  "%2f..%2f",
  "\u202egpj.exe",
  "new\nline",
];

describe.runIf(hasProgram("chromium"))(titleNeeding("chromium", "the directory page in Chromium"), () => {
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(screens, { recursive: true });
    browser = await chromium.launch({
      executablePath: findProgram("chromium") ?? "chromium",
      // A sandbox of its own needs another user than root.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
  });

  afterAll(async () => {
    await browser.close();
  });

  const namesOn = (page: Page): Promise<string[]> => page.locator("tbody tr:not(.up) .name").allInnerTexts();
  const background = (page: Page): Promise<string> =>
    page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;

  it.each([
    ["light", "rgb(255, 255, 255)"],
    ["dark", "rgb(20, 24, 29)"],
  ] as const)("is %s where that is wanted", async (colorScheme, colour) => {
    const gateway = await site();
    const page = await browser.newPage({ colorScheme, viewport: { width: 860, height: 520 } });
    await page.goto(`${gateway.url}${home}`);
    expect(await background(page)).toBe(colour);
    expect(await namesOn(page)).toHaveLength(9);
    const { length } = await page.screenshot({ path: join(screens, `gateway-${colorScheme}.png`) });
    expect(length).toBeGreaterThan(5_000);
    await page.close();
  });

  it("is sorted by a click, and keeps its order in the directories below", async () => {
    const gateway = await site();
    // Nothing of it needs scripts.
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${gateway.url}${home}`);
    const byName = await namesOn(page);
    expect(byName.slice(0, 6)).toEqual([
      "archive/",
      "assets/",
      "reports/",
      "CHANGELOG.md",
      "chapter 2.txt",
      "chapter 10.txt",
    ]);
    await page.getByRole("link", { name: "Name" }).click();
    expect((await namesOn(page)).slice(0, 3)).toEqual(["reports/", "assets/", "archive/"]);
    await page.getByRole("link", { name: "Size" }).click();
    await page.getByRole("link", { name: "Size" }).click();
    expect((await namesOn(page)).slice(3, 5)).toEqual(["database.sql.zst", "CHANGELOG.md"]);
    expect(await page.getByRole("columnheader", { name: "Size" }).getAttribute("aria-sort")).toBe("descending");
    await page.getByRole("link", { name: "archive/" }).click();
    await page.getByRole("link", { name: "2024/" }).click();
    expect(page.url()).toBe(`${gateway.url}${home}archive/2024/?sort=size&order=desc`);
    expect(await namesOn(page)).toEqual(["january.tar.gz"]);
    await page.getByRole("link", { name: "archive" }).click();
    await page.getByRole("link", { name: "..", exact: true }).click();
    expect(page.url()).toBe(`${gateway.url}${home}?sort=size&order=desc`);
    await page.close();
  });

  it("gives a file by a click, shows one as text, and plays one", async () => {
    const gateway = await site();
    const page = await browser.newPage();
    await page.goto(`${gateway.url}${home}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "database.sql.zst" }).click(),
    ]);
    expect(readFileSync(await download.path())).toHaveLength(7_340_032);
    await page.goto(`${gateway.url}${home}`);
    await page.getByRole("link", { name: "chapter 2.txt" }).click();
    expect(await page.innerText("body")).toBe("two");
    await page.goto(`${gateway.url}${home}reports/spoken.wav`);
    await page.waitForFunction("document.querySelector('video, audio')?.duration === 1");
    await page.close();
  });

  it("shows hostile names and lets nothing of them run, nor of a hostile file", async () => {
    const transport = getTransport("memory:///");
    for (const name of hostileNames) await transport.put(name, "content");
    await transport.put(
      "dir/evil.html",
      `<script>document.title = "ran"</script><img src="/x" onerror="document.title = 'ran'">`,
      { createParents: true },
    );
    await transport.put("dir/evil.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = 'ran'"/>`);
    const gateway = await start(transport);
    const page = await browser.newPage();
    const told: string[] = [];
    page.on("dialog", (dialog) => void dialog.dismiss());
    page.on("request", (request) => told.push(new URL(request.url()).pathname));
    await page.goto(gateway.url);
    await page.locator("tbody tr").first().hover();
    expect(await page.title()).toBe("/");
    expect(await page.locator("script, img, svg, [onload], [onerror], [onmouseover]").count()).toBe(0);
    expect(await namesOn(page)).toHaveLength(hostileNames.length + 1);
    // Nothing but the page itself was asked for.
    expect(told).toEqual(["/"]);
    for (const link of await page.locator("tbody .name a").all())
      expect(new URL((await link.getAttribute("href")) as string, page.url()).origin).toBe(new URL(gateway.url).origin);
    for (const path of ["dir/evil.html", "dir/evil.svg"]) {
      await page.goto(`${gateway.url}${path}`);
      expect(await page.title()).not.toBe("ran");
      // Its origin is nobody's: it can read nothing of the gateway's.
      expect(await page.evaluate("self.origin")).toBe("null");
    }
    await page.close();
  });
});
