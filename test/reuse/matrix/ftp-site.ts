import { startFtpServer } from "../../../src/testing.ts";
import { toThisMachine } from "../sites.ts";
import { commonCases, password, startSurroundings, user } from "./common-cases.ts";
import type { MatrixSite } from "./matrix.ts";
import type { OptionCase } from "./option-case.ts";
import { values } from "./option-case.ts";
import { tlsCases, tlsParties } from "./tls-cases.ts";

/** An FTP server with TLS, which is asked for it by the options, by the name of the scheme, or from the first byte. */
export async function ftpMatrixSite(scheme: "ftp" | "ftpes" | "ftps"): Promise<MatrixSite> {
  const surroundings = await startSurroundings();
  const parties = await tlsParties();
  const server = await startFtpServer({
    users: { [user]: password, ann: password },
    anonymous: true,
    tls: scheme === "ftps" ? "implicit" : "explicit",
    allowPlain: scheme === "ftp",
    identity: parties.server,
  });
  const at = `localhost:${server.port}/`;
  const common = commonCases(surroundings, { namelessUrl: `${scheme}://${at}`, readsNetrc: true });
  const trusting = { ca: parties.server.cert };
  const required: Record<typeof scheme, OptionCase> = {
    ftp: {
      ...values({ tls: { required: true, ...trusting } }, { tls: "none" }, { tls: "none" }),
      // Whoever says anything of TLS wants it.
      without: ["tls.ca"],
    },
    ftpes: {
      ...values({ tls: { required: true } }, { tls: "required" }, {}),
      unusual: {
        why: "the scheme's name says it: there is no other value, and none is refused",
        wires: {
          "another value needs its own wire": 1,
          "absent, it is taken from the candidate": 1,
          "explicitly none against some needs its own wire": 1,
          "some against explicitly none needs its own wire": 1,
          "some against unsaid needs its own wire": 1,
          "unsaid, where nothing is taken, needs its own wire": 1,
        },
      },
    },
    ftps: { ...values({ tls: { required: true } }, { tls: "required" }) },
  };
  return {
    url: `${scheme}://${user}@${at}`,
    options: { password, lookup: toThisMachine, tls: trusting },
    cases: {
      ...common,
      password: {
        // Whoever is anonymous may say anything.
        ...values({ password: "one@example.com" }, { password: "other@example.com" }, { password: null }),
        url: `${scheme}://anonymous@${at}`,
      },
      ...tlsCases(parties, required[scheme]),
      "ftp.account": values({ ftp: { account: "one" } }, { ftp: { account: "other" } }, { ftp: { account: null } }),
      "ftp.encoding": values(
        { ftp: { encoding: "latin1" } },
        { ftp: { encoding: "utf8" } },
        { ftp: { encoding: "utf8" } },
      ),
    },
    accepted: () => server.accepted,
    close: async () => {
      await server.close();
      await surroundings.close();
    },
  };
}
