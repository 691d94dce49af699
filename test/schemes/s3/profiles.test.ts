import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { S3Options, Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import type { S3Server } from "../../../src/testing.ts";
import { startS3Server } from "../../../src/testing.ts";
import { leaveAmazonAlone } from "../../reuse/s3-site.ts";

type Environment = Readonly<Record<string, string>>;

describe("where s3: leads by Amazon's configuration files", () => {
  let one: S3Server;
  let two: S3Server;
  let folder: string;
  let before: NodeJS.ProcessEnv;
  const used: Transport[] = [];
  const looked: string[] = [];

  beforeAll(async () => {
    before = { ...process.env };
    const users = { joe: { secretAccessKey: "secret" } };
    one = await startS3Server({ users });
    two = await startS3Server({ users });
    folder = await mkdtemp(join(tmpdir(), "samewire-"));
  });
  beforeEach(() => {
    leaveAmazonAlone();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "joe", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "us-east-1" });
  });
  afterEach(async () => {
    await Promise.all(used.splice(0).map((transport) => transport.disconnect()));
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await rm(folder, { recursive: true });
  });

  let files = 0;

  /** A file of its own each time: the SDK reads each once. */
  async function configured(text: string, file = join(folder, String(++files))): Promise<string> {
    await writeFile(file, text.replaceAll("ONE", one.endpoint).replaceAll("TWO", two.endpoint));
    process.env["AWS_CONFIG_FILE"] = file;
    return file;
  }

  /** Signed by keys of the call: a profile without any would have the SDK ask the machine. */
  const said = (s3: S3Options = {}): TransportOptions => ({
    // Nobody's name is looked up but those of Amazon's service, which is not asked.
    lookup: Object.assign(
      (name: string, _options: unknown, tell: (error: Error) => void) => {
        looked.push(name);
        tell(Object.assign(new Error("nobody"), { code: "ENOTFOUND" }));
      },
      { id: "nobody" },
    ) as NonNullable<TransportOptions["lookup"]>,
    s3: { accessKeyId: "joe", secretAccessKey: "secret", ...s3 },
  });

  /** Who is asked: a server of this machine, or the host of Amazon's. */
  async function asked(s3?: S3Options, list: Transport[] = []): Promise<string> {
    const counts = [one.requests.length, two.requests.length] as const;
    looked.length = 0;
    const transport = getTransport("s3://bucket/", list, said(s3));
    used.push(transport);
    await transport.has("anything").catch((error: unknown) => {
      if (looked.length === 0) throw error;
    });
    const heard = [
      ...(one.requests.length > counts[0] ? ["one"] : []),
      ...(two.requests.length > counts[1] ? ["two"] : []),
      ...new Set(looked),
    ];
    return heard.join(", ");
  }

  const amazon = "bucket.s3.us-east-1.amazonaws.com";
  const both = `
    # comments, and settings of others
    [default]
    endpoint_url = ONE ; as everybody has it
    [profile work]
    endpoint_url = TWO
    [profile plain]
    region = us-east-1
  `.replaceAll(/^ {4}/gm, "");

  it.each<[what: string, s3: S3Options, environment: Environment, leads: string]>([
    ["that of the default profile", {}, {}, "one"],
    ["that of the profile that was given, and not the default one's", { profile: "work" }, {}, "two"],
    ["that of the environment's profile", {}, { AWS_PROFILE: "work" }, "two"],
    [
      "that of the profile that was given, and not the environment's",
      { profile: "default" },
      { AWS_PROFILE: "work" },
      "one",
    ],
    ["Amazon's, where the profile that was given names none", { profile: "plain" }, {}, amazon],
    ["the environment's before the profile's", { profile: "work" }, { AWS_ENDPOINT_URL: "ONE" }, "one"],
    ["that of S3 before that of all services", {}, { AWS_ENDPOINT_URL: "ONE", AWS_ENDPOINT_URL_S3: "TWO" }, "two"],
    ["that of all services where that of S3 is empty", {}, { AWS_ENDPOINT_URL: "TWO", AWS_ENDPOINT_URL_S3: "" }, "two"],
    ["the call's before everybody's", { endpoint: "TWO" }, { AWS_ENDPOINT_URL_S3: "ONE" }, "two"],
    [
      "Amazon's, where the environment says to ignore all of them",
      {},
      { AWS_ENDPOINT_URL: "TWO", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      amazon,
    ],
    [
      "the call's, whatever is to be ignored",
      { endpoint: "TWO" },
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "two",
    ],
  ])("is %s", async (_what, { endpoint, ...s3 }, environment, leads) => {
    await configured(both);
    const real = (text: string): string => text.replace("ONE", one.endpoint).replace("TWO", two.endpoint);
    for (const [name, value] of Object.entries(environment)) process.env[name] = real(value);
    expect(await asked({ ...s3, ...(typeof endpoint === "string" ? { endpoint: real(endpoint) } : {}) })).toBe(leads);
  });

  it("is what the profile's services section says of S3, before what it says of all services", async () => {
    const services =
      "[services local]\ndynamodb =\n  endpoint_url = ONE\ns3 =\n  addressing_style = path\n  endpoint_url = TWO\n";
    await configured(
      `[profile work]\nendpoint_url = ONE\nservices = local\n[profile 'other one']\nservices=bare\nendpoint_url=ONE\n${services}[services bare]\nsts =\n  endpoint_url = TWO\n`,
    );
    expect(await asked({ profile: "work" })).toBe("two");
    expect(await asked({ profile: "other one" })).toBe("one");
  });

  it("is Amazon's where the profile says to ignore what is configured, and nobody's where the environment contradicts it", async () => {
    await configured("[profile work]\nendpoint_url = ONE\nignore_configured_endpoint_urls = true\n");
    expect(await asked({ profile: "work" })).toBe(amazon);
    process.env["AWS_ENDPOINT_URL"] = two.endpoint;
    await expect(asked({ profile: "work" })).rejects.toMatchObject({
      code: "unsupported",
      hint: expect.stringContaining("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") as string,
    });
    process.env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "false";
    expect(await asked({ profile: "work" })).toBe("two");
  });

  it("is found in the file of credentials, too", async () => {
    await configured("[default]\n");
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = process.env["AWS_CONFIG_FILE"] as string;
    await configured("[profile work]\nregion = us-east-1\n");
    await writeFile(process.env["AWS_SHARED_CREDENTIALS_FILE"], `[work]\nendpoint_url = ${two.endpoint}\n`);
    expect(await asked({ profile: "work" })).toBe("two");
  });

  it("is nobody's where the services section is missing, or what is said is no URL", async () => {
    const file = await configured("[profile work]\nservices = lost\n[profile wrong]\nendpoint_url = joe:hush@s3\n");
    await expect(asked({ profile: "work" })).rejects.toMatchObject({
      code: "invalid-url",
      message: expect.stringContaining(file) as string,
      hint: expect.stringContaining("[services lost]") as string,
    });
    const wrong = await asked({ profile: "wrong" }).catch(String);
    expect(wrong).toMatch(/profile wrong/);
    expect(wrong).not.toContain("hush");
  });

  it("is another for each profile of a list, and one connection for each", async () => {
    await configured(both);
    const list: Transport[] = [];
    const accepted = one.accepted + two.accepted;
    expect(await asked({ profile: "work" }, list)).toBe("two");
    expect(await asked({ profile: "default" }, list)).toBe("one");
    expect(await asked({ profile: "work" }, list)).toBe("two");
    expect(await asked({ endpoint: one.endpoint }, list)).toBe("one");
    expect(await asked({ endpoint: null, profile: "work" }, list)).toBe("two");
    expect(one.accepted + two.accepted - accepted).toBe(4);
  });

  it("is the same for every bucket, and their connection is where that is said before", async () => {
    await configured(both);
    const path = { profile: "work", pathStyle: true };
    const list: Transport[] = [];
    expect(await asked(path, list)).toBe("two");
    const [first] = list as [Transport];
    expect(first.reuseConnectionFor("s3://other/", said(path))).toBeDefined();
    const alone: Transport[] = [];
    expect(await asked({ profile: "work" }, alone)).toBe("two");
    expect(alone[0]?.explainReuse("s3://other/")).toMatchObject({ reuse: false, option: "s3.bucket" });
  });

  it("stays what it was for a transport that has a connection there", async () => {
    const file = await configured("[profile work]\nendpoint_url = ONE\n");
    const transport = getTransport("s3://bucket/", [], said({ profile: "work", secretAccessKey: "wrong" }));
    used.push(transport);
    await expect(transport.has("anything")).rejects.toMatchObject({ code: "authentication-failed" });
    await configured("[profile work]\nendpoint_url = TWO\n", file);
    const counts = [one.requests.length, two.requests.length];
    await transport.connect();
    await expect(transport.put("file", "of whom?")).rejects.toMatchObject({ code: "unsupported", effect: "none" });
    expect([one.requests.length, two.requests.length]).toEqual(counts);
    await configured("[profile work]\nendpoint_url = ONE\n", file);
    await expect(transport.has("anything")).rejects.toMatchObject({ code: "authentication-failed" });
    expect(one.requests.length).toBeGreaterThan(counts[0] as number);
  });
});
