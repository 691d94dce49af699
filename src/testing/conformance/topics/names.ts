import assert from "node:assert/strict";

import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase, ConformanceTopic } from "../conformance-case.ts";
import { collect } from "../content.ts";

/** Every name here must come back as it was given. */
export const names: Readonly<Record<string, string>> = {
  "a percent sign": "100%",
  "what looks encoded": "%2e%2F%41",
  "what looks like a slash": "%2f",
  "what looks like a letter": "%41",
  "an encoded percent sign": "a%25b",
  "a hash": "a#b",
  "a question mark": "a?b=c",
  "a comma and a semicolon": "a,b;c",
  "what looks like an option": ",x=y",
  "a space": "a b",
  "spaces at both ends": " a ",
  quotes: `'"\``,
  "a tilde": "~",
  "a tilde and a user": "~root",
  "a leading dash": "-rf",
  "a leading dot": ".hidden",
  "three dots": "...",
  "shell metacharacters": "$(x)&|<>!{}",
  "pattern characters": "*[a-z]",
  "a colon": "a:b",
  "an at sign": "a@b",
  "plus and equals": "a+b=c",
  "a composed letter": "caf\u00e9",
  "a decomposed letter": "cafe\u0301",
  "an emoji": "\u{1f469}\u200d\u{1f4bb}",
  "right-to-left text": "\u05e9\u05dc\u05d5\u05dd",
  "a line separator": "a\u2028b",
  "a no-break space and a byte order mark": "\u00a0\ufeff",
  "200 bytes": "n".repeat(200),
  "255 bytes of Unicode": `${"\u00e9".repeat(126)}\u65e5`,
  "the name of an object's own property": "__proto__",
};

/** What some servers cannot store; that is refused then, not mangled. */
const refusable: ReadonlySet<string> = new Set([" a ", "a ", "*[a-z]", ".hidden", "..."]);

export const controlCharacters: readonly string[] = ["\u0001", "\b", "\t", "\n", "\r", "\u001b", "\u007f", "\u0085"];

/** A name of any kind comes back as it was given, or is refused; it is never mangled. */
export const nameCases: ConformanceTopic = {
  name: "a name",
  needs: ["writable", "listable"],
  cases: [
    ...Object.entries(names).map(([what, name]): ConformanceCase => {
      const [ending, run] = refusable.has(name) ? [" or is refused", roundTripOrRefusal] : ["", roundTrip];
      return {
        name: `with ${what} round-trips${ending}: ${JSON.stringify(name)}`,
        run: (context) => run(context, name),
      };
    }),
    {
      name: "of any kind round-trips as the name of a directory",
      needs: ["directories"],
      async run(context) {
        const { transport, write, names: list } = context;
        const made: string[] = [];
        for (const name of Object.values(names)) {
          if (!(await storedOrRefused(context, name, transport.mkdir(name)))) continue;
          await write(`${name}/inside`, name);
          const [entry] = await collect(transport.list(name));
          assert.equal(entry?.path, `${name}/inside`);
          assert.equal(String(await transport.clone(name).getBytes("inside")), name);
          made.push(name);
        }
        assert.deepEqual(await list(), made.toSorted());
      },
    },
    {
      name: "differs from every other that is spelled differently",
      needs: ["caseSensitive"],
      async run(context) {
        const { write, names: list, expectContent } = context;
        const stored: string[] = [];
        for (const name of ["a", "A", "a ", "a.", "caf\u00e9", "cafe\u0301", "%61", "%2561"])
          if (await storedOrRefused(context, name, write(name, `this is ${name}`))) stored.push(name);
        assert.deepEqual(await list(), stored.toSorted());
        for (const name of stored) await expectContent(name, `this is ${name}`);
      },
    },
    {
      name: "with a control character round-trips",
      needs: ["controlCharactersInNames"],
      async run(context) {
        for (const character of controlCharacters) await roundTrip(context, `a${character}b`);
      },
    },
    {
      name: "that is too long is refused or round-trips, and is never cut",
      run: (context) => roundTripOrRefusal(context, "l".repeat(5_000)),
    },
    {
      name: "that is no Unicode text is refused or round-trips",
      run: (context) => roundTripOrRefusal(context, "a\ud800b"),
    },
    {
      name: "with a backslash is one name, or refused",
      run: (context) => roundTripOrRefusal(context, "a\\..\\b"),
    },
  ],
};

async function roundTrip({ transport, write, names: list, expectContent }: CaseContext, name: string): Promise<void> {
  await write(name, `this is ${name}`);
  assert.deepEqual(await list(), [name]);
  const [entry] = await collect(transport.list());
  assert.equal(entry?.path, name);
  assert.equal(transport.relpath(transport.abspath(name)), name);
  assert.equal((await transport.stat(name)).type, "file");
  await expectContent(name, `this is ${name}`);
  assert.equal(String(await transport.getBytes(transport.relpath(transport.abspath(name)))), `this is ${name}`);
  await transport.delete(name);
  assert.deepEqual(await list(), []);
}

/** Asserts that a name is refused with a proper error that leaves nothing behind, or is stored as it is. */
async function roundTripOrRefusal(context: CaseContext, name: string): Promise<void> {
  const { write, names: list, transport } = context;
  const stored = !(await isRefused(context, write(name, "content")));
  assert.deepEqual(await list(), stored ? [name] : []);
  if (!stored) return;
  await transport.delete(name);
  await roundTrip(context, name);
}

/** Whether a name was stored; only one that some servers cannot store may be refused. */
export async function storedOrRefused(context: CaseContext, name: string, storing: Promise<unknown>): Promise<boolean> {
  if (refusable.has(name)) return !(await isRefused(context, storing));
  await storing;
  return true;
}

async function isRefused({ rejects }: CaseContext, storing: Promise<unknown>): Promise<boolean> {
  const [{ status }] = await Promise.allSettled([storing]);
  if (status === "rejected") await rejects(storing, ["invalid-path", "unsupported", "permission-denied", "not-found"]);
  return status === "rejected";
}
