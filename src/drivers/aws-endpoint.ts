import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import type { AwsSettings } from "./aws-config-parser.ts";
import { parseAwsConfig } from "./aws-config-parser.ts";

/** What a profile says of where S3 is. */
export interface ProfileEndpoint {
  readonly endpoint: string | undefined;
  /** Whether it has whatever the environment and the files say passed over. */
  readonly ignored: boolean;
}

const nothing: AwsSettings = new Map();

/** The service that the environment names; undefined where it names none, or says that none counts. */
export function environmentEndpoint(): string | undefined {
  const { AWS_ENDPOINT_URL_S3: forS3, AWS_ENDPOINT_URL: forAll } = process.env;
  if (isTrue(process.env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"])) return undefined;
  // Empty is unset.
  const [name, said] = forS3 ? (["AWS_ENDPOINT_URL_S3", forS3] as const) : (["AWS_ENDPOINT_URL", forAll] as const);
  return said ? checkedEndpoint(said, name) : undefined;
}

/**
 * The service that a profile names, by default that of `AWS_PROFILE`: in its `services` section, else for every service alike. The SDK itself looks only into the
 * profile that the environment names, whichever one it was given. Files that cannot be read say nothing, as everywhere among these tools.
 *
 * @throws TransportError `invalid-url` for an endpoint that is none, and for a services section that is not there
 */
export async function profileEndpoint(name: string | undefined): Promise<ProfileEndpoint> {
  const profile = name ?? (process.env["AWS_PROFILE"] || "default");
  const whose = oneLine(`the profile ${profile}`);
  const configFile = fileOf("AWS_CONFIG_FILE", "config");
  const [config, credentials] = await Promise.all([
    sectionsOf(configFile),
    sectionsOf(fileOf("AWS_SHARED_CREDENTIALS_FILE", "credentials")),
  ]);
  const ofDefault = profile === "default" ? config.get("default") : undefined;
  const settings = new Map([
    ...(credentials.get(profile) ?? nothing),
    ...(config.get(`profile ${profile}`) ?? ofDefault ?? nothing),
  ]);
  const ignored = isTrue(
    process.env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] || settings.get("ignore_configured_endpoint_urls"),
  );
  if (ignored) return { endpoint: undefined, ignored };
  const services = settings.get("services");
  const section = services === undefined ? nothing : config.get(`services ${services}`);
  if (section === undefined)
    throw new TransportError("invalid-url", `the services of ${whose} are not in ${configFile}`, {
      hint: `Write them there, below ${oneLine(`[services ${services}]`)}, or pass s3: { endpoint }`,
    });
  const said = section.get("s3.endpoint_url") ?? settings.get("endpoint_url");
  return { endpoint: said === undefined ? undefined : checkedEndpoint(said, whose), ignored };
}

/**
 * An endpoint as it is compared: two that mean the same are the same. `who` has said it, where it was not the caller.
 *
 * @throws TransportError `invalid-url`
 */
export function checkedEndpoint(text: string, who?: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === "";
  if (plain && (url.protocol === "http:" || url.protocol === "https:")) return url.href.replace(/\/+$/, "");
  // It may hold a secret, and is not shown.
  const whose = who === undefined ? "the endpoint of s3:" : `what ${who} says is the endpoint of s3:`;
  throw new TransportError("invalid-url", `${whose} is no URL of a web server`, {
    hint: 'Write s3: { endpoint: "https://s3.example.com" }',
  });
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}

/** Where the SDK looks for it. */
function fileOf(variable: string, usual: string): string {
  const home = process.env["HOME"] || process.env["USERPROFILE"] || homedir();
  const named = process.env[variable] || join(home, ".aws", usual);
  return named.startsWith("~/") ? join(home, named.slice(2)) : named;
}

async function sectionsOf(file: string): Promise<ReadonlyMap<string, AwsSettings>> {
  try {
    return parseAwsConfig(await readFile(file, "utf8"));
  } catch {
    return new Map(); // Whoever has no files has no profiles.
  }
}
