import { inspect } from "node:util";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { isName } from "../../src/url/path.ts";
import type { WiredSchemeName } from "../../src/transport/option-declarations.ts";
import { schemeDeclarations } from "../../src/transport/option-declarations.ts";
import { optionsOf } from "./matrix/matrix.ts";
import { withId } from "./matrix/option-case.ts";

const schemes = Object.keys(schemeDeclarations) as WiredSchemeName[];

/** Said by the URL, or by the scheme itself. */
const notGiven = new Set(["user", "s3.bucket", "s3.accessKeyId", "s3.secretAccessKey", "http.asksForTokens"]);

/** Values of options that are more than any text; `null` among them where none can be said. */
const special: Readonly<Record<string, readonly unknown[]>> = {
  proxy: ["socks5://one.example", "socks5://joe:one@one.example", "http://one.example", null],
  family: [4, 6, null],
  "credentials.ask": ["one", "other"].map((id) => withId(() => () => "secret", id)),
  lookup: [...["one", "other"].map((id) => withId(() => () => undefined, id)), null],
  // The system's ssh refuses most of what is given here.
  "ssh.client": ["ssh2"],
  "ssh.config": [null],
  "ssh.unknownHostKey": ["refuse", "accept"],
  "ssh.ciphers": [["one"], ["one", "other"], null],
  "ssh.encoding": ["utf8", "latin1"],
  "ftp.encoding": ["utf8", "latin1"],
  "tls.required": [true],
  "tls.ca": ["one", ["one"], ["one", "other"], null],
  "tls.rejectUnauthorized": [true, false],
  "tls.minVersion": ["TLSv1.2", "TLSv1.3"],
  "http.headers": [{ "X-Key": "one" }, { "X-Key": "other" }, null],
  "http.http2": [true, false],
  "s3.endpoint": ["https://one.example", "https://other.example", null],
  "s3.pathStyle": [false],
  "s3.anonymous": [true, false],
};
const plain = ["one", "One", null] as const;

/** A location of which every identity option is given, and which values were. */
interface Specified {
  readonly url: string;
  readonly options: TransportOptions;
  /** Equal exactly where the two mean the same wire. */
  readonly meaning: string;
}

function specified(scheme: WiredSchemeName): fc.Arbitrary<Specified> {
  const names = Object.entries(optionsOf(scheme)).flatMap(([name, { kind }]) =>
    kind === "identity" && !notGiven.has(name) ? [name] : [],
  );
  const choices = names.map((name) => {
    const known = special[name] ?? plain;
    // Two that are never the same are rare where there are thirty options: most are what they are in the others.
    const first = { arbitrary: fc.constant(0), weight: 40 };
    return fc.oneof(first, { arbitrary: fc.nat(known.length - 1), weight: 1 });
  });
  const where = fc.record({
    host: fc.constantFrom("host.example", "HOST.example", "other.example"),
    user: fc.constantFrom("joe", "j%6fe", "Joe"),
    path: fc.constantFrom("/", "/a/", "/b/c/"),
  });
  return fc.tuple(where, fc.tuple(...choices)).map(([{ host, user, path }, chosen]) => {
    const values = names.map((name, at) => [name, (special[name] ?? plain)[chosen[at] ?? 0]] as const);
    const who = decodeURIComponent(user);
    return {
      url: `${scheme}://${user}@${host}${path}`,
      options: grouped(values),
      meaning: JSON.stringify([host.toLowerCase(), who, chosen]),
    };
  });
}

/** Options from their dotted names. */
function grouped(values: readonly (readonly [name: string, value: unknown])[]): TransportOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const [first = "", field] = name.split(".");
    options[first] = field === undefined ? value : { ...(options[first] as object), [field]: value };
  }
  return options as TransportOptions;
}

const open = ({ url, options }: Specified): Transport => getTransport(url, [], options);
const serves = (held: Specified, asked: Specified): boolean =>
  open(held).reuseConnectionFor(asked.url, asked.options) !== undefined;

describe.each(schemes)("among %s: locations of which everything is given", (scheme) => {
  it("sharing is an equivalence: that of meaning the same", () => {
    const one = specified(scheme);
    fc.assert(
      fc.property(one, one, one, (a, b, c) => {
        expect(serves(a, a)).toBe(true);
        for (const [held, asked] of [
          [a, b],
          [b, a],
          [b, c],
          [a, c],
        ] as const)
          expect(serves(held, asked), `${held.meaning} and ${asked.meaning}`).toBe(held.meaning === asked.meaning);
      }),
      { numRuns: 150 },
    );
  });

  it("it is the same where nothing is taken from candidates, and what is explained is what is done", () => {
    const explicit = ({ options, ...rest }: Specified): Specified => ({
      ...rest,
      options: { ...options, credentials: { ...(options.credentials as object), provenance: "explicit" } },
    });
    fc.assert(
      fc.property(specified(scheme), specified(scheme), (a, b) => {
        const shared = a.meaning === b.meaning;
        expect(serves(a, explicit(b))).toBe(shared);
        expect(serves(explicit(a), b)).toBe(shared);
        expect(open(a).explainReuse(b.url, b.options).reuse).toBe(shared);
      }),
      { numRuns: 100 },
    );
  });

  it("nothing that is printed has a secret in it, whatever is shared", () => {
    const secret = fc.uuid().map((id) => `hush-${id}`);
    const names = Object.entries(optionsOf(scheme)).flatMap(([name, { secret: isSecret }]) =>
      isSecret === true && !notGiven.has(name) && !(name in special) ? [name] : [],
    );
    fc.assert(
      fc.property(secret, secret, specified(scheme), (mine, theirs, { url, options }) => {
        const hiding = (text: string): TransportOptions => {
          const secrets = grouped(names.map((name) => [name, text]));
          const groups = Object.entries(secrets).map(([name, value]) =>
            typeof value === "object" ? [name, { ...(options[name as "tls"] as object), ...value }] : [name, value],
          );
          return { ...options, proxy: `http://joe:${text}@proxy.example`, ...Object.fromEntries(groups) };
        };
        const inUrl = url.replace("@", `:${mine}@`);
        const list: Transport[] = [];
        const transport = getTransport(inUrl, list, hiding(mine));
        const printed = [
          transport.base,
          String(transport),
          transport.abspath("a"),
          JSON.stringify(transport),
          inspect(transport, { depth: 20, showHidden: true }),
          inspect(list, { depth: 20 }),
          ...[hiding(theirs), hiding(mine), {}].map((asked) => JSON.stringify(transport.explainReuse(inUrl, asked))),
        ].join("\n");
        expect(printed).not.toContain("hush-");
      }),
      { numRuns: 50 },
    );
  });

  it("the path of the URL of a path is that path", () => {
    const name = fc
      .oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom("%2f", "%", "?", "#", ",x=y", " ", "é"))
      .filter((text) => isName(text) && !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(fc.constantFrom("/", "/a/b/"), fc.array(name, { minLength: 1, maxLength: 4 }), (base, names) => {
        const transport = getTransport(`${scheme}://joe@host.example${base}`, []);
        const path = names.join("/");
        fc.pre(!path.startsWith("~"));
        const url = transport.abspath(path);
        expect(transport.relpath(url)).toBe(path);
        expect(
          transport
            .clone(names[0])
            .abspath(names.slice(1).join("/") || ".")
            .replace(/\/$/, ""),
        ).toBe(url.replace(/\/$/, ""));
      }),
      { numRuns: 100 },
    );
  });
});
