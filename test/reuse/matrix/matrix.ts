import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import type { OptionDeclaration, OptionDeclarations } from "../../../src/connection/identity.ts";
import type { WiredSchemeName } from "../../../src/transport/option-declarations.ts";
import { commonDeclarations, schemeDeclarations } from "../../../src/transport/option-declarations.ts";
import { mergedOptions } from "../../../src/transport/option-values.ts";
import { hasProgram, obstacle } from "../../servers/find-servers.ts";
import { caseOfOption } from "./case-of-option.ts";
import type { Check, OptionCase, OptionCases } from "./option-case.ts";
import { identityChecks, policyChecks } from "./option-case.ts";
import "./reuse-meta.ts";

/** A server that counts, and values that work on it for every option of a scheme. */
export interface MatrixSite {
  /** With a user in it, and without a password. */
  readonly url: string;
  /** Everything that is needed to be let in. */
  readonly options: TransportOptions;
  readonly cases: OptionCases;
  /** Connections accepted so far. */
  accepted(): number;
  close(): Promise<void>;
}

/** Every option that a scheme has, common ones included. */
export function optionsOf(scheme: WiredSchemeName): OptionDeclarations {
  return { ...commonDeclarations, ...schemeDeclarations[scheme] };
}

/** Tries every declared option of a scheme in every way; the server's count decides. */
export function matrix(scheme: WiredSchemeName, name: string, start: () => Promise<MatrixSite>): void {
  describe(`the reuse matrix of ${scheme}:, counted by ${name}`, () => {
    let site: MatrixSite;
    let list: Transport[];
    const declarations = optionsOf(scheme);

    beforeAll(async () => {
      site = await start();
    });
    afterAll(() => site.close());
    beforeEach(() => void (list = []));
    afterEach(async () => {
      await Promise.all(list.map((transport) => transport.disconnect()));
    });

    it("has a case for every declared option, and for no other", () => {
      expect(Object.keys(site.cases).toSorted()).toEqual(Object.keys(declarations).toSorted());
    });

    /** Uses a URL, so that the server sees a connection where one is needed. Who must be let in is; others may be refused. */
    async function use(
      url: string,
      options: TransportOptions | undefined,
      must: "be let in" | "connect",
    ): Promise<void> {
      const outcome = getTransport(url, list, options).has("anything");
      if (must === "be let in") await expect(outcome).resolves.toBe(false);
      else await outcome.catch(() => undefined);
    }

    describe.each(titled(declarations))("%s", (_title, option, declaration) => {
      it.for(checksOf(option, declaration))("%s", async ([check, usual], { task, skip }) => {
        const tried = site.cases[option];
        if (tried === undefined) throw new Error(`${option} has no case in the matrix`);
        const { needs } = tried;
        if (needs !== undefined && !hasProgram(needs)) return skip(`${needs} ${obstacle(needs)}`);
        const before = site.accepted();
        const { url = site.url } = tried;
        for (const [at, step] of stepsOf(check, tried, baseOf(site, option, tried)).entries()) {
          const to = step.other === true ? (tried.otherUrl ?? url) : url;
          await use(`${to}${at}/`, step.options, step.must);
        }
        const wires = site.accepted() - before;
        task.meta.reuse = { scheme, site: name, option, kind: declaration.kind, wires, unusual: tried.unusual?.why };
        expect(wires, check).toBe(tried.unusual?.wires[check] ?? usual);
      });
    });
  });
}

/** Identity options with the required case that they belong to. */
function titled(declarations: OptionDeclarations): [title: string, option: string, declaration: OptionDeclaration][] {
  return Object.entries(declarations).map(([option, declaration]) => {
    const title = declaration.kind === "identity" ? `${caseOfOption[option]}: ${option}` : option;
    return [title, option, declaration];
  });
}

/** What every URL says, and nobody else: it is never unsaid, nor none. */
const saidByUrl: ReadonlySet<string> = new Set(["s3.bucket"]);

const alwaysPossible: ReadonlySet<string> = new Set<Check>([
  "another value needs its own wire",
  "the same value again shares, also where nothing is taken",
]);

function checksOf(option: string, { kind }: OptionDeclaration): [Check, number][] {
  const checks = Object.entries(kind === "identity" ? identityChecks : policyChecks) as [Check, number][];
  return saidByUrl.has(option) ? checks.filter(([check]) => alwaysPossible.has(check)) : checks;
}

interface Step {
  /** None: the URL and the list are all that is there. */
  readonly options: TransportOptions | undefined;
  readonly must: "be let in" | "connect";
  readonly other?: true;
}

/** What is done, one after another. */
function stepsOf(check: Check, tried: OptionCase, base: TransportOptions): readonly Step[] {
  const given = (make: () => TransportOptions): TransportOptions => mergedOptions(base, make());
  const some: Step = { options: given(tried.some), must: "be let in" };
  const unsaid: Step = { options: base, must: "connect" };
  const none = (): Step => ({ options: given(tried.none ?? nothing), must: "connect" });
  const alone: Step = { options: undefined, must: "connect" };
  switch (check) {
    case "another value needs its own wire":
    case "another value shares": {
      const must = tried.refused === undefined ? "be let in" : "connect";
      return [some, { options: given(tried.other), must, other: true }];
    }
    case "the same value again shares, also where nothing is taken":
      return [
        some,
        { options: given(tried.some), must: "be let in" },
        { options: explicit(given(tried.some)), must: "be let in" },
      ];
    case "absent, it is taken from the candidate":
    case "absent, it shares":
      return [some, alone, unsaid];
    case "explicitly none against some needs its own wire":
      return [some, none()];
    case "some against explicitly none needs its own wire":
      return [none(), some];
    case "some against unsaid needs its own wire":
      return [unsaid, some];
    case "unsaid, where nothing is taken, needs its own wire":
    case "unsaid, where nothing is taken, it shares":
      return [some, { options: explicit(base), must: "connect" }];
  }
}

function nothing(): TransportOptions {
  throw new Error("an identity option needs a way to say none, or its default");
}

/** Options that take nothing from candidates. */
function explicit(options: TransportOptions): TransportOptions {
  const { credentials } = options;
  const ask = typeof credentials === "object" ? credentials : {};
  return { ...options, credentials: { ...ask, provenance: "explicit" } };
}

/** What is given beside the option. */
function baseOf(site: MatrixSite, option: string, { without = [], beside = {} }: OptionCase): TransportOptions {
  let base = site.options;
  for (const name of [option, ...without]) base = lessOption(base, name);
  return mergedOptions(base, beside);
}

/** Options without one of them, or a field of a group. */
function lessOption(options: TransportOptions, name: string): TransportOptions {
  const [first = "", field] = name.split(".");
  const entries = Object.entries(options).flatMap(([key, value]): [string, unknown][] => {
    if (key !== first) return [[key, value]];
    if (field === undefined) return [];
    const fields = Object.entries(value as object).filter(([inner]) => inner !== field);
    return fields.length === 0 ? [] : [[key, Object.fromEntries(fields)]];
  });
  return Object.fromEntries(entries);
}
