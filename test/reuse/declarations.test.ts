import { describe, expect, it } from "vitest";

import type { FtpOptions, TransportOptions } from "../../src/index.ts";
import type { DeclarationOfEach, FieldOf } from "../../src/transport/option-declarations.ts";
import { commonDeclarations, schemeDeclarations } from "../../src/transport/option-declarations.ts";
import { givenOptions } from "../../src/transport/option-values.ts";

/** Options as they may be one day: with one more. */
interface LaterFtpOptions extends FtpOptions {
  readonly clearCommandChannel?: boolean;
}

describe("declarations of options", () => {
  it("have to be complete, or nothing compiles", () => {
    const declared = { "ftp.account": { kind: "identity" }, "ftp.encoding": { kind: "identity" } } as const;
    const now: DeclarationOfEach<FieldOf<"ftp", FtpOptions>> = declared;
    // @ts-expect-error: the option that came later is not declared.
    const later: DeclarationOfEach<FieldOf<"ftp", LaterFtpOptions>> = declared;
    // @ts-expect-error: nothing is declared that is no option.
    const more: DeclarationOfEach<FieldOf<"ftp", FtpOptions>> = { ...now, "ftp.other": { kind: "policy" } };
    expect([now, later, more]).toHaveLength(3);
  });

  it("name what is given by the names that the key has", () => {
    const options: TransportOptions = {
      password: "secret",
      credentials: { ask: null, provenance: "explicit" },
      tls: "required",
      ftp: { account: "account" },
    };
    const declared = { ...commonDeclarations, ...schemeDeclarations.ftp };
    const given = [...givenOptions(options, declared)].map(([name]) => name);
    expect(given.toSorted()).toEqual(["credentials.ask", "ftp.account", "password", "tls.required"]);
    expect(given.filter((name) => !Object.hasOwn(declared, name))).toEqual([]);
  });

  it("say of every option that holds a secret that it is one", () => {
    const secret = /password|secret|token$|passphrase|privateKey|authorization|headers|account|^tls\.key$|^proxy$/i;
    for (const [scheme, own] of Object.entries(schemeDeclarations)) {
      for (const [name, declaration] of Object.entries({ ...commonDeclarations, ...own })) {
        if (declaration.kind !== "identity") continue;
        expect(declaration.secret === true, `${scheme} ${name}`).toBe(secret.test(name));
      }
    }
  });
});
