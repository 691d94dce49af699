import { TransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import { LocationError } from "../url/location-error.ts";
import { parseLocation } from "../url/parse-location.ts";
import type { UrlSyntax } from "../url/url-syntax.ts";
import { tlsSettings } from "./tls-options.ts";
import type { TransportOptions } from "./transport-options.ts";

/** A proxy and how it is spoken to: the option without what a socket does not need. */
export interface ProxySettings {
  readonly protocol: "http" | "https" | "socks5" | "socks5h";
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `http://joe@proxy.example:3128`: no password in it. */
  readonly label: string;
  readonly ca: (string | Buffer)[] | undefined;
}

/** The ports that are meant where a URL names none: 1080 is what IANA has registered for SOCKS. */
const defaultPorts = { http: 80, https: 443, socks5: 1080, socks5h: 1080 } as const;
type Protocol = keyof typeof defaultPorts;
const protocols = Object.keys(defaultPorts) as Protocol[];

const syntax: UrlSyntax = {
  host: "required",
  userinfo: true,
  query: false,
  encodedSlash: false,
  controlCharacters: false,
  homeDirectory: false,
};
const syntaxes = new Map<string, UrlSyntax>(
  protocols.map((protocol) => [protocol, { ...syntax, defaultPort: defaultPorts[protocol] }]),
);

/**
 * Options with the proxy's URL in the form that is equal for equal proxies.
 *
 * @throws TransportError `invalid-url`, `unsupported`; its text shows no password
 */
export function withPlainProxy(options: TransportOptions): TransportOptions {
  const { proxy } = options;
  if (proxy === undefined || proxy === null) return options;
  const location = parseProxy(proxy);
  const { scheme, host, effectivePort: port, user, password } = location;
  const [name, secret] = [user ?? "", password ?? ""].map(encodeURIComponent);
  const login = user === undefined && password === undefined ? "" : `${name}:${secret}@`;
  const plain = `${scheme}://${login}${host.includes(":") ? `[${host.replace("%", "%25")}]` : host}:${port}`;
  return plain === proxy ? options : { ...options, proxy: plain };
}

/** The proxy of a call; undefined where it has none. */
export function proxySettings(options: TransportOptions): ProxySettings | undefined {
  if (options.proxy === undefined || options.proxy === null) return undefined;
  const location = parseProxy(options.proxy);
  const { scheme, host, effectivePort, user, password } = location;
  return {
    protocol: scheme as Protocol,
    host,
    port: effectivePort as number,
    // A login without a password and one with an empty one are the same to a proxy.
    user: user === undefined && password === undefined ? undefined : (user ?? ""),
    password: user === undefined && password === undefined ? undefined : (password ?? ""),
    label: location.redactedUrl.replace(/\/$/, ""),
    ca: tlsSettings(options).ca,
  };
}

/** Options with a proxy that the environment names, and not the caller. */
export function withEnvironmentProxy(options: TransportOptions, proxy: string | undefined): TransportOptions {
  return proxy === undefined ? options : ({ ...options, proxy, proxyOfEnvironment: true } as TransportOptions);
}

/** Whether it is the environment's to say which proxy there is: for another host it may name another one, or none. */
export function isProxyOfEnvironment(options: TransportOptions): boolean {
  return options.proxy === undefined || "proxyOfEnvironment" in options;
}

function parseProxy(proxy: string | URL): Location {
  const location = parse(proxy);
  if (location.segments.length === 0) return location;
  throw new TransportError("invalid-url", "the URL of a proxy has no path", {
    url: location.redactedUrl,
    hint: example,
  });
}

const example = `Write http://user:password@host:port, or one of ${protocols.map((name) => `${name}:`).join(", ")}`;

function parse(proxy: string | URL): Location {
  const known = { schemes: () => protocols, decorators: () => false };
  if (typeof proxy === "string" && !proxy.includes("://"))
    throw new TransportError("invalid-url", "what is given as a proxy is no URL", { hint: example });
  try {
    return parseLocation(proxy, (scheme) => syntaxes.get(scheme), known);
  } catch (error) {
    if (!(error instanceof LocationError)) throw error;
    const { code, message, url, hint } = error;
    if (code === "unsupported-scheme")
      throw new TransportError("unsupported", "a proxy of that kind is not supported", { url, hint: example });
    throw new TransportError("invalid-url", `the proxy: ${message}`, { url, hint: hint ?? example });
  }
}
