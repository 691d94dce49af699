import { createRequire } from "node:module";

import { TransportError } from "../errors/transport-error.ts";
import { authorityOf } from "./proxy-target.ts";

/** Whom a request is for, as the variables of the environment name it. */
export interface ProxiedOrigin {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** The part of the package that is used. */
interface Vendor {
  getProxyForUrl(url: { readonly protocol: string; readonly host: string; readonly port: string }): string;
}

const require = createRequire(import.meta.url);
let vendor: Vendor | undefined;

/** The package, loaded when some variable names a proxy; synchronously, because making a transport is. */
function loadVendor(): Vendor {
  try {
    return (vendor ??= require("proxy-from-env") as Vendor);
  } catch (cause) {
    throw new TransportError("missing-driver", "the package proxy-from-env cannot be loaded, and HTTPS_PROXY is set", {
      hint: "Install it: npm install proxy-from-env, or pass proxy: null to connect without a proxy",
      cause,
    });
  }
}

/** Whether the environment names a proxy for anything. */
export function environmentNamesProxies(): boolean {
  return ["http", "https"].some((scheme) => valuesFor(scheme).length > 0);
}

/** What is said of a scheme, the first that counts first. */
function valuesFor(scheme: string): string[] {
  const names = [`${scheme}_proxy`, "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  return names.map((name) => process.env[name] ?? "").filter((value) => value !== "");
}

/**
 * The proxy that the environment names for an origin: `https_proxy`, `http_proxy`, `all_proxy`, in small or in capital letters, unless `no_proxy` says
 * otherwise; undefined for none. A value without a scheme is an HTTP proxy, as everywhere.
 */
export function proxyFromEnvironment({ scheme, host, port }: ProxiedOrigin): string | undefined {
  const { env } = process;
  const values = valuesFor(scheme);
  if (values.length === 0) return undefined;
  // A web server passes a request's field `Proxy:` to its CGI programs as HTTP_PROXY (CVE-2016-5385).
  if (scheme === "http" && env["REQUEST_METHOD"] !== undefined && (env["http_proxy"] ?? "") === "") return undefined;
  const url = { protocol: `${scheme}:`, host: authorityOf(host, port), port: String(port) };
  const found = loadVendor().getProxyForUrl(url);
  if (found === "") return undefined;
  // The package puts the scheme of the request before a value that has none.
  return values.includes(found) ? found : found.replace(/^https?:/, "http:");
}
