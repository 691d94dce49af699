import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";

/** A location's path as the server is given it: always absolute, since the current directory is relied on by nobody. */
export async function serverPath(wire: FtpWire, { home, segments }: Location): Promise<string> {
  const path = segments.join("/");
  // Pure-FTPd, which alone has ESTP, makes an underscore of it, without a word.
  if (path.endsWith(" ") && wire.has("ESTP"))
    throw new TransportError("invalid-path", "this server cannot store a name that ends in a space");
  if (!home) return `/${path}`;
  const directory = await loginDirectory(wire);
  if (path === "") return directory;
  return directory.endsWith("/") ? directory + path : `${directory}/${path}`;
}

const loginDirectories = new WeakMap<FtpWire, string>();

/** Where the login ended up: the current directory, as long as nobody has gone elsewhere. */
export async function loginDirectory(wire: FtpWire): Promise<string> {
  let directory = loginDirectories.get(wire);
  if (directory === undefined) {
    const { lines } = await wire.request("PWD", [257]);
    directory = quotedPath(wire.textOf(lines[0] ?? ""));
    loginDirectories.set(wire, directory);
  }
  return directory;
}

/**
 * The path in an answer to PWD: in quotation marks, with those inside doubled (RFC 959 appendix II). Pure-FTPd does not double them: then what follows the
 * mark that should be the last one is no space.
 */
function quotedPath(text: string): string {
  const [standard = "", doubled] = /^[^"]*"((?:[^"]|"")*)"/.exec(text) ?? [];
  const after = text[standard.length] ?? " ";
  const path =
    after === " " ? doubled?.replaceAll('""', '"') : text.slice(text.indexOf('"') + 1, text.lastIndexOf('"'));
  if (path?.startsWith("/") === true) return path;
  throw new TransportError("protocol-error", "the server does not say where the login directory is", {
    hint: "Use the whole path in the URL instead of /~/",
  });
}
