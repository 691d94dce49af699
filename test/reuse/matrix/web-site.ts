import type { AskBearerToken, HttpOptions } from "../../../src/index.ts";
import type { HttpServerRequest } from "../../../src/testing.ts";
import { startWebdavServer } from "../../../src/testing.ts";
import { toThisMachine } from "../sites.ts";
import { commonCases, password, startSurroundings, user } from "./common-cases.ts";
import type { MatrixSite } from "./matrix.ts";
import type { OptionCase, OptionCases } from "./option-case.ts";
import { values, withId } from "./option-case.ts";
import { tlsCases, tlsParties } from "./tls-cases.ts";

export interface WebMatrixOptions {
  readonly scheme: "http" | "https" | "dav" | "davs";
  readonly http2?: boolean;
}

const challenge = { status: 401, headers: { "www-authenticate": 'Basic realm="matrix"' } } as const;

/** Lets in whoever says anything of who they are. */
function door({ headers }: HttpServerRequest): "answer" | typeof challenge {
  return headers["authorization"] === undefined ? challenge : "answer";
}

/** A web server that anybody with a name is let in to. It is a WebDAV server for those who ask for one. */
export async function webMatrixSite({ scheme, http2 = false }: WebMatrixOptions): Promise<MatrixSite> {
  const surroundings = await startSurroundings();
  const parties = await tlsParties();
  const secure = scheme.endsWith("s");
  const server = await startWebdavServer({
    onRequest: door,
    http2,
    ...(secure ? { tls: parties.server } : {}),
  });
  const at = `localhost:${server.port}/`;
  return {
    url: `${scheme}://${user}@${at}`,
    options: { password, lookup: toThisMachine, ...(secure ? { tls: { ca: parties.server.cert } } : {}) },
    cases: {
      ...commonCases(surroundings, { namelessUrl: `${scheme}://${at}`, readsNetrc: true }),
      ...tlsCases(parties, secure ? requiredAnyway : refusedAnyway),
      ...httpCases,
    },
    accepted: () => server.accepted,
    close: async () => {
      await server.close();
      await surroundings.close();
    },
  };
}

const requiredAnyway: OptionCase = values({ tls: { required: true } }, { tls: { required: false } });
const refusedAnyway: OptionCase = { ...values({ tls: { required: false } }, { tls: "none" }) };

const http = (some: HttpOptions, other: HttpOptions, none: HttpOptions): OptionCase =>
  values({ http: some }, { http: other }, { http: none });

const tokensOf = (id: string): HttpOptions => ({
  askBearerToken: withId<AskBearerToken>(() => () => `token of ${id}`, id),
});
const tokens = (): HttpOptions => ({ askBearerToken: () => "token of somebody" });

const httpCases: OptionCases = {
  "http.authorization": http({ authorization: "X one" }, { authorization: "X other" }, { authorization: null }),
  "http.bearerToken": http({ bearerToken: "one" }, { bearerToken: "other" }, { bearerToken: null }),
  "http.askBearerToken": {
    some: () => ({ http: tokens() }),
    other: () => ({ http: tokens() }),
    unusual: {
      why: "whom one asks for tokens is a policy, that one asks is not",
      wires: { "unsaid, where nothing is taken, it shares": 2 },
    },
  },
  "http.asksForTokens": {
    some: () => ({ http: tokensOf("one") }),
    other: () => ({ http: tokensOf("other") }),
    none: () => ({ http: { askBearerToken: null } }),
  },
  "http.headers": http({ headers: { Cookie: "one" } }, { headers: { Cookie: "other" } }, { headers: null }),
  "http.http2": http({ http2: false }, { http2: true }, { http2: true }),
};
