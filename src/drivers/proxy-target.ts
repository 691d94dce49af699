import type { TlsTarget } from "./tls-socket.ts";

/** Who makes connections in our place. */
export interface ProxyTarget {
  /** `https`: the same as `http`, inside TLS. `socks5`: names are resolved here; `socks5h`: by the proxy, as the two others do. */
  readonly protocol: "http" | "https" | "socks5" | "socks5h";
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `http://joe@proxy.example:3128`: for messages, without a password. */
  readonly label: string;
  /** Certificates of the authorities that may vouch for it, instead of Node's own list. */
  readonly ca: TlsTarget["ca"];
}

/** What shows a proxy who asks, as the value of `Proxy-Authorization`; undefined where nobody in particular does. */
export function proxyAuthorization({ user, password }: ProxyTarget): string | undefined {
  if (user === undefined && password === undefined) return undefined;
  return `Basic ${Buffer.from(`${user ?? ""}:${password ?? ""}`, "utf8").toString("base64")}`;
}

/** `example.com:443`, with brackets around an IPv6 address. A zone says which way an address is reached from here, which nobody else is told. */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host.replace(/%.*$/, "")}]` : host}:${port}`;
}
