import { startS3Server } from "../../src/testing/servers/s3-server.ts";
import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import type { CountingSite } from "./sites.ts";

/** S3 servers in this process with a bucket of an international name, which they know by its ASCII form. */
export async function s3Site({ secure = false }: { readonly secure?: boolean } = {}): Promise<CountingSite> {
  leaveAmazonAlone();
  const identity = secure ? await generateTlsIdentity() : undefined;
  const server = await startS3Server({
    users: { joe: { secretAccessKey: "secret" }, Joe: { secretAccessKey: "another secret" } },
    buckets: ["server.xn--bcher-kva.example"],
    ...(identity === undefined ? {} : { tls: identity }),
  });
  const { endpoint, region } = server;
  return {
    name: "s3",
    password: "secret",
    refusesUnseen: true,
    options: { s3: { endpoint, region }, ...(identity === undefined ? {} : { tls: { ca: identity.cert } }) },
    url: ({ user = "joe", password, host = "server.bücher.example", path = "/" } = {}) =>
      `s3://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}${path}`,
    accepted: () => server.accepted,
    open: () => server.open,
    sever: async () => {
      server.sever();
      while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}

/** Whoever gives no secret is nobody in particular in this process, whatever this machine has on record; the service of the machine's provider is not asked. */
export function leaveAmazonAlone(): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "nobody",
    AWS_SECRET_ACCESS_KEY: "of nobody",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  });
}
