import sax from "sax";
import { describe, expect, it } from "vitest";

import { panelsOf } from "../../benchmarks/picture/panels.ts";
import type { Bar } from "../../benchmarks/picture/panels.ts";
import { picture } from "../../benchmarks/picture/picture.ts";

interface Parsed {
  /** Every element with its attributes, in the order of the document. */
  readonly elements: readonly { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[];
  /** What each `text`, `title` and `desc` says. */
  readonly said: readonly string[];
}

/** As an XML parser sees it. Throws where it is none. */
function parsed(svg: string): Parsed {
  const [elements, said]: [Parsed["elements"][number][], string[]] = [[], []];
  const parser = sax.parser(true);
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = ({ name, attributes }) => {
    elements.push({ name, attributes: attributes as Record<string, string> });
    said.push("");
  };
  parser.ontext = (text) => void said.push(`${said.pop() ?? ""}${text}`);
  parser.write(svg).close();
  return { elements, said: said.map((text) => text.trim()).filter((text) => text !== "") };
}

const bar = (label: string, ms: number, more: Partial<Bar> = {}): Bar => ({
  ...{ label, ms, isOurs: label === "samewire", isEnded: false },
  ...more,
});

/** How long the bars are, in pixels, in the order of the document. */
function widths(svg: string): readonly number[] {
  return parsed(svg)
    .elements.filter(({ name }) => name === "path")
    .map(({ attributes: { d = "" } }) => {
      const [left = 0, ...others] = [...d.matchAll(/[MLH]([0-9.]+)/g)].map(([, x]) => Number(x));
      return Math.max(...others) - left;
    });
}

describe("the picture", () => {
  it("is XML, whatever names it is given, and says in words what it shows", () => {
    const hostile = `</text><script>&"'\u0000\u001b`;
    const svg = picture([{ title: `a < b & "c"`, bars: [bar("samewire", 500), bar(hostile, 1_000)] }]);
    const { elements, said } = parsed(svg);
    expect(new Set(elements.map(({ name }) => name))).toEqual(
      new Set(["svg", "title", "desc", "style", "g", "text", "path"]),
    );
    expect(said).toContain(`a < b & "c": samewire 0.50 s, </text><script>&"' 1.00 s.`);
    expect(said).toContain(`</text><script>&"'`);
    const [root] = elements;
    const named = (root?.attributes["aria-labelledby"] ?? "").split(" ");
    expect(elements.map(({ attributes }) => attributes["id"]).filter((id) => id !== undefined)).toEqual(named);
    expect(root?.attributes).toMatchObject({ role: "img", xmlns: "http://www.w3.org/2000/svg" });
  });

  it("has bars as long as the times, but for one that is so long that it is broken off", () => {
    const [first = 0, second = 0, third = 0] = widths(
      picture([{ title: "", bars: [bar("samewire", 100), bar("other", 400), bar("slow", 90_000)] }]),
    );
    expect(second / first).toBeCloseTo(4, 1);
    expect(third / first).toBeCloseTo(10, 1);
  });

  it("says where somebody was ended before the end of the work", () => {
    expect(picture([{ title: "", bars: [bar("samewire", 100), bar("slow", 25_000, { isEnded: true })] }])).toContain(
      "&gt; 25 s",
    );
  });

  it("stays inside its own edges, however many comparisons there are", () => {
    const panels = [7, 2, 3].map((count) => ({
      title: "a title",
      bars: Array.from({ length: count }, (_, at) => bar(at === 0 ? "samewire" : `other ${at}`, 100 * (at + 1))),
    }));
    const { elements } = parsed(picture(panels));
    const { width, height } = elements[0]?.attributes ?? {};
    for (const { attributes } of elements) {
      expect(Number(attributes["x"] ?? 0)).toBeLessThan(Number(width));
      expect(Number(attributes["y"] ?? 0)).toBeLessThan(Number(height));
    }
  });
});

describe("what is drawn", () => {
  const get = { scheme: "sftp", action: "get", roundTripMs: 0, mebibytes: 256 };

  it("is samewire as it comes, then the fastest of those who did the same work", () => {
    const rows = [
      { ...get, client: "samewire", ms: 400 },
      { ...get, client: "samewire, in place", ms: 390 },
      { ...get, client: "less", ms: 100, mebibytes: 16 },
      ...Array.from({ length: 9 }, (_, at) => ({ ...get, client: `other ${9 - at}`, ms: 1_000 - at })),
      { ...get, client: "elsewhere", ms: 1, roundTripMs: 20 },
    ];
    const panels = panelsOf([{ name: "throughput", rows }]);
    expect(panels.map(({ title, bars }) => [title, bars.map(({ label }) => label)])).toEqual([
      ["SFTP, get 256 MiB", ["samewire", "other 1", "other 2", "other 3", "other 4", "other 5", "other 6"]],
    ]);
    expect(panels[0]?.bars.map(({ isOurs }) => isOurs)).toEqual([true, false, false, false, false, false, false]);
  });

  it("is nothing where samewire is alone, where somebody is missing, or where nothing was measured", () => {
    const missing = { ...get, client: "lftp", missing: "not installed" };
    expect(panelsOf([{ name: "throughput", rows: [{ ...get, client: "samewire", ms: 400 }, missing] }])).toEqual([]);
    expect(panelsOf([])).toEqual([]);
  });
});
