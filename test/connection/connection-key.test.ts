import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ConnectionKey } from "../../src/connection/connection-key.ts";
import { keyText, matchKeys } from "../../src/connection/connection-key.ts";
import type { OptionDeclarations } from "../../src/connection/identity.ts";
import { identityValue, none } from "../../src/connection/identity.ts";

const declarations: OptionDeclarations = {
  password: { kind: "identity", secret: true, adoptable: true },
  proxy: { kind: "identity" },
  agent: { kind: "identity", ambient: true },
};

function key(options: Record<string, unknown>, endpoint = "sftp|joe|host|22"): ConnectionKey {
  const identity = new Map(
    Object.entries(options).map(([name, value]) => [name, identityValue(value, name === "password")]),
  );
  return { endpoint, identity };
}

function match(
  held: ConnectionKey,
  asked: ConnectionKey,
  rules: { inherits?: boolean; neverConnected?: boolean } = {},
): string {
  return matchKeys(held, asked, {
    inherits: rules.inherits ?? true,
    neverConnected: rules.neverConnected ?? false,
    declarations,
  }).kind;
}

describe("the connection key", () => {
  it("takes up no proof of who one is beside another one, but what goes with it", () => {
    const proofs: OptionDeclarations = {
      password: { kind: "identity", adoptable: true, proof: true },
      token: { kind: "identity", adoptable: true, proof: true },
      account: { kind: "identity", adoptable: true },
    };
    const rules = { inherits: true, neverConnected: true, declarations: proofs };
    const kindOf = (held: Record<string, unknown>, asked: Record<string, unknown>): string =>
      matchKeys(key(held), key(asked), rules).kind;
    expect(kindOf({}, { password: "p", token: "t" })).toBe("adopts");
    expect(kindOf({ account: "a" }, { token: "t" })).toBe("adopts");
    expect(kindOf({ password: "p" }, { account: "a" })).toBe("adopts");
    expect(kindOf({ password: null }, { token: "t" })).toBe("adopts");
    expect(kindOf({ password: "p" }, { token: "t" })).toBe("differs");
    expect(kindOf({ token: "t" }, { token: "t", password: "p" })).toBe("differs");
  });

  it("never shares across endpoints", () => {
    expect(match(key({}), key({}, "sftp|Joe|host|22"))).toBe("other-endpoint");
  });

  it("takes from the candidate what is unsaid, and never anything else than was said", () => {
    expect(match(key({ proxy: "p" }), key({}))).toBe("same");
    expect(match(key({ proxy: "p" }), key({ proxy: "p" }))).toBe("same");
    expect(match(key({ proxy: "p" }), key({ proxy: "q" }))).toBe("differs");
    expect(match(key({ proxy: "p" }), key({ proxy: null }))).toBe("differs");
    expect(match(key({}), key({ proxy: "p" }))).toBe("differs");
  });

  it("tells unsaid from none exactly where the surroundings fill in what is unsaid", () => {
    expect(match(key({}), key({ proxy: null }))).toBe("same");
    expect(match(key({}), key({ agent: null }))).toBe("differs");
  });

  it("takes nothing where the provenance is explicit", () => {
    expect(match(key({ proxy: "p" }), key({}), { inherits: false })).toBe("differs");
    expect(match(key({ proxy: "p" }), key({ proxy: "p" }), { inherits: false })).toBe("same");
    expect(match(key({}), key({}), { inherits: false })).toBe("same");
    expect(match(key({ proxy: null }), key({}), { inherits: false })).toBe("same");
    expect(match(key({ agent: null }), key({}), { inherits: false })).toBe("differs");
  });

  it("lets a connection that has never connected take up a password, and no other", () => {
    expect(match(key({}), key({ password: "x" }), { neverConnected: true })).toBe("adopts");
    expect(match(key({}), key({ password: "x" }))).toBe("differs");
    expect(match(key({ password: "y" }), key({ password: "x" }), { neverConnected: true })).toBe("differs");
    expect(match(key({ password: null }), key({ password: "x" }), { neverConnected: true })).toBe("differs");
    expect(match(key({}), key({ proxy: "x" }), { neverConnected: true })).toBe("differs");
  });

  it("compares values by what they mean: order of fields, URL objects, bytes; callbacks by id, else by reference", () => {
    const callback = (): void => undefined;
    const twin = Object.assign(() => undefined, { id: "same" });
    expect(identityValue({ a: 1, b: 2 }, false)).toBe(identityValue({ b: 2, a: 1, c: undefined }, false));
    expect(identityValue(new URL("http://h/"), false)).toBe(identityValue("http://h/", false));
    expect(identityValue(Buffer.from("x"), false)).toBe(identityValue(new Uint8Array([120]), false));
    expect(identityValue(callback, false)).toBe(identityValue(callback, false));
    expect(identityValue(() => undefined, false)).not.toBe(identityValue(callback, false));
    expect(identityValue(twin, false)).toBe(
      identityValue(
        Object.assign(() => 1, { id: "same" }),
        false,
      ),
    );
    expect(identityValue(["a", "b"], false)).not.toBe(identityValue(["a,b"], false));
    expect(identityValue("none", false)).not.toBe(none);
    expect(identityValue(null, true)).toBe(none);
  });

  it("tells apart what JSON does not: numbers without a word in it, symbols, objects of classes", () => {
    class Place {
      readonly id = "same";
    }
    const distinct: unknown[] = [
      Number.NaN,
      Infinity,
      -Infinity,
      0,
      "NaN",
      "0",
      false,
      0n,
      Symbol("a"),
      Symbol("a"),
      new Place(),
      new Place(),
      new Map(),
      [],
      [undefined],
      [null],
      [[]],
      {},
      { a: null },
      { a: Number.NaN },
      "reference:1",
      Object.assign(() => 1, { id: "a" }),
      Object.assign(() => 1, { id: 'a"' }),
    ];
    const values = distinct.map((value) => identityValue(value, false));
    expect(new Set(values).size).toBe(distinct.length);
    expect(distinct.map((value) => identityValue(value, false))).toEqual(values);
    expect(identityValue(Object.assign(Object.create(null), { a: 1 }), false)).toBe(identityValue({ a: 1 }, false));
  });

  it("comes to an end for what contains itself, and for what is nested without end", () => {
    const [circle, other]: unknown[][] = [[], []];
    circle?.push(circle);
    other?.push(other);
    expect(identityValue(circle, false)).toBe(identityValue(circle, false));
    expect(identityValue(circle, false)).not.toBe(identityValue(other, false));
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = depth % 2 === 0 ? [deep] : { deep };
    expect(identityValue(deep, true)).toBe(identityValue(deep, true));
  });

  it("knows an option by its own declaration, not by what every object has", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const [given, unsaid] = [new Map([[name, identityValue("x", true)]]), new Map<string, string>()];
      const endpoint = "sftp|joe|host|22";
      expect(match({ endpoint, identity: unsaid }, { endpoint, identity: given }, { neverConnected: true })).toBe(
        "differs",
      );
      expect(match({ endpoint, identity: given }, { endpoint, identity: unsaid }, { inherits: false })).toBe("differs");
    }
  });

  it("shows no secret", () => {
    const text = keyText(key({ password: "hunter2" }));
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(Buffer.from("hunter2").toString("base64"));
  });

  it("is an equivalence among fully specified locations", () => {
    const value = fc.constantFrom("a", "b", null);
    const full = fc
      .record({ password: value, proxy: value, agent: value })
      .chain((options) => fc.constantFrom("h1", "h2").map((endpoint) => key(options, endpoint)));
    fc.assert(
      fc.property(full, full, full, (a, b, c) => {
        expect(match(a, a)).toBe("same");
        expect(match(a, b) === "same").toBe(match(b, a) === "same");
        if (match(a, b) === "same" && match(b, c) === "same") expect(match(a, c)).toBe("same");
        expect(match(a, b) === "same").toBe(keyText(a) === keyText(b));
      }),
    );
  });
});
