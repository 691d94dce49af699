import { expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import type { HttpReaction, HttpServerRequest } from "../../src/testing.ts";
import { patternedBytes } from "../../src/testing/conformance/content.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import type { Act, Stage } from "./site.ts";
import type { Wedge } from "./wedge.ts";
import { startWedge } from "./wedge.ts";

/** A server over HTTP. */
export interface WebStage extends Stage {
  readonly names: FaultyNames;
  readonly bell: Bell;
}

/** Rings when a request has come, before anything is done about it. */
export class Bell {
  #hear: (request: HttpServerRequest) => HttpReaction | undefined = () => undefined;

  /** What is returned is the answer in place of the server's own. */
  hear(hear: (request: HttpServerRequest) => HttpReaction | undefined): void {
    this.#hear = hear;
  }

  readonly ring = (request: HttpServerRequest): HttpReaction => this.#hear(request) ?? "answer";
}

/** What a stage is made of. */
interface WebServer {
  readonly server: { readonly port: number; readonly open: number; close(): Promise<void> };
  readonly bell: Bell;
  /** `http`, `davs`. */
  readonly scheme: string;
  readonly options: TransportOptions;
  readonly works: WebStage["works"];
  /** What is open at the server beside connections. */
  readonly left?: () => number;
}

/** The way to a server: a wedge, and perhaps more behind it, which `close` takes down with it. */
export interface Way {
  readonly wedge: Wedge;
  readonly close: () => Promise<void>;
}

/** A server behind a wedge, which is known by a name. */
export async function openWebStage(
  { server, bell, scheme, options, works, left = () => 0 }: WebServer,
  way?: Way,
): Promise<WebStage> {
  const { wedge, close } = way ?? plainWay(await startWedge(server.port));
  const names = new FaultyNames();
  return {
    url: `${scheme}://${hostName}:${wedge.port}/`,
    options: { lookup: names.lookup, proxy: null, ...options },
    wedge,
    names,
    bell,
    works,
    left: () => server.open + left(),
    close: async () => {
      names.heal();
      await close();
      await server.close();
    },
  };
}

function plainWay(wedge: Wedge): Way {
  return { wedge, close: () => wedge.close() };
}

/** What every server has in a file named `file`. */
export const content: Buffer = patternedBytes(100_000);

/** Which request a fault waits for. */
type Wanted = (request: HttpServerRequest) => boolean;

/** A request by its method and its path, whatever its query; where it is said, the first whose head says who asks. */
export function request(method: string, path: string, { authorized }: { authorized?: boolean } = {}): Wanted {
  return ({ method: asked, target, headers }) =>
    asked === method &&
    target.split("?", 1)[0] === path &&
    (authorized === undefined || (headers["authorization"] !== undefined) === authorized);
}

/** Strikes when a request has come, and nothing was said about it. */
export function atRequest(isWanted: Wanted): Act<WebStage>["arm"] {
  return ({ bell }, strike) => {
    bell.hear((request) => {
      if (isWanted(request)) strike();
      return undefined;
    });
  };
}

/** Strikes in the answer to a request, once so many bytes of it have passed: 0 strikes when all is done, and nobody was told. */
export function inAnswer<S extends WebStage>(
  isWanted: Wanted,
  bytes: number | ((stage: S) => number | Promise<number>),
  wedgeOf: (stage: S) => Wedge = ({ wedge }) => wedge,
): Act<S>["arm"] {
  return async (stage, strike) => {
    const at = typeof bytes === "number" ? bytes : await bytes(stage);
    let isArmed = true;
    stage.bell.hear((request) => {
      if (isArmed && isWanted(request)) wedgeOf(stage).afterBytes(at, "down", strike);
      isArmed &&= !isWanted(request);
      return undefined;
    });
  };
}

/** Asserts that a file is read whole. */
export async function reads(transport: Transport): Promise<void> {
  expect(content.equals(await transport.getBytes("file")), "the content of the file").toBe(true);
}
