import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { S3Options } from "../../../src/index.ts";
import { startS3Server } from "../../../src/testing.ts";
import { leaveAmazonAlone } from "../s3-site.ts";
import { toThisMachine } from "../sites.ts";
import { commonCases, startSurroundings, user } from "./common-cases.ts";
import type { MatrixSite } from "./matrix.ts";
import type { OptionCase } from "./option-case.ts";
import { values } from "./option-case.ts";
import { tlsCases, tlsParties } from "./tls-cases.ts";

const empty = {
  status: 200,
  headers: { "content-type": "application/xml" },
  body: '<?xml version="1.0"?><ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>',
} as const;

const region = "us-east-1";

/** An S3 server whose buckets are all empty, and which asks nobody for a right signature: two of one user would not be right. */
export async function s3MatrixSite(): Promise<MatrixSite> {
  leaveAmazonAlone();
  const surroundings = await startSurroundings();
  const parties = await tlsParties();
  const server = await startS3Server({ tls: parties.server, onRequest: () => empty });
  const endpoint = `https://localhost:${server.port}`;
  const profiles = join(surroundings.folder, "profiles");
  await writeFile(profiles, ["one", "other"].map((name) => `[profile ${name}]\nregion = ${region}\n`).join(""));
  Object.assign(process.env, { AWS_ENDPOINT_URL_S3: endpoint, AWS_CONFIG_FILE: profiles });
  const s3 = (some: S3Options, other: S3Options, none: S3Options): OptionCase =>
    values({ s3: some }, { s3: other }, { s3: none });
  const nobody: S3Options = { accessKeyId: null, secretAccessKey: null };
  // An access key and its secret are only good together.
  const pair = ["s3.accessKeyId", "s3.secretAccessKey"];
  return {
    url: "s3://one/",
    options: {
      lookup: toThisMachine,
      tls: { ca: parties.server.cert },
      s3: { endpoint, region, accessKeyId: user, secretAccessKey: "secret" },
    },
    cases: {
      ...commonCases(surroundings, { namelessUrl: "s3://one/", readsNetrc: false }),
      user: {
        ...values(
          { user, s3: { secretAccessKey: "secret" } },
          { user: "ann", s3: { secretAccessKey: "secret" } },
          { user: null, s3: { secretAccessKey: null } },
        ),
        without: pair,
      },
      password: {
        ...values(
          { password: "one", s3: { accessKeyId: user } },
          { password: "other", s3: { accessKeyId: user } },
          { password: null, s3: { accessKeyId: null } },
        ),
        without: pair,
      },
      ...tlsCases(parties, values({ tls: { required: true } }, { tls: "required" })),
      "s3.bucket": { ...values({}, {}, {}), otherUrl: "s3://two/", beside: { s3: { pathStyle: false } } },
      "s3.endpoint": s3({ endpoint }, { endpoint: `https://127.0.0.1:${server.port}` }, { endpoint: null }),
      "s3.region": s3({ region }, { region: "eu-west-1" }, { region: null }),
      "s3.pathStyle": s3({ pathStyle: false }, { pathStyle: true }, { pathStyle: true }),
      "s3.accessKeyId": {
        ...s3(
          { accessKeyId: user, secretAccessKey: "secret" },
          { accessKeyId: "ann", secretAccessKey: "secret" },
          nobody,
        ),
        without: pair,
      },
      "s3.secretAccessKey": {
        ...s3({ accessKeyId: user, secretAccessKey: "one" }, { accessKeyId: user, secretAccessKey: "other" }, nobody),
        without: pair,
      },
      "s3.sessionToken": s3({ sessionToken: "one" }, { sessionToken: "other" }, { sessionToken: null }),
      "s3.profile": s3({ profile: "one" }, { profile: "other" }, { profile: null }),
      "s3.anonymous": s3({ anonymous: true }, { anonymous: false }, { anonymous: false }),
    },
    accepted: () => server.accepted,
    close: async () => {
      delete process.env["AWS_ENDPOINT_URL_S3"];
      await server.close();
      await surroundings.close();
    },
  };
}
