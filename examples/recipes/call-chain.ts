import type { PossibleTransports, TransportOptions } from "samewire";
import { TransportScope, getTransport, resolveFile } from "samewire";

/** A release as it is described in a file: where its parts are. */
interface Manifest {
  readonly title: string;
  readonly notes: string;
  readonly files: readonly string[];
}

/** Each function knows a URL, and hands on the list that it was given: none of them knows who opened the connection, or whether anybody did. */
async function describeRelease(manifestUrl: string, possibleTransports: PossibleTransports): Promise<string> {
  const { title, notes, files } = JSON.parse(await textOf(manifestUrl, possibleTransports)) as Manifest;
  const sizes = await Promise.all(files.map((url) => sizeOf(url, possibleTransports)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return `${title}: ${files.length} files, ${total} bytes\n${await textOf(notes, possibleTransports)}`;
}

async function textOf(url: string, possibleTransports: PossibleTransports): Promise<string> {
  const { transport, path } = resolveFile(url, possibleTransports);
  return String(await transport.getBytes(path, { maxBytes: 1024 * 1024 }));
}

async function sizeOf(url: string, possibleTransports: PossibleTransports): Promise<number> {
  const { transport, path } = resolveFile(url, possibleTransports);
  return (await transport.stat(path, { followLinks: true })).sizeBytes;
}

/** The outermost caller decides how one logs in, once; what it opened is closed with the scope. */
export async function showRelease(manifestUrl: string, options: TransportOptions = {}): Promise<string> {
  await using scope = new TransportScope();
  getTransport(new URL(".", manifestUrl), scope, options);
  const text = await describeRelease(manifestUrl, scope);
  return `${text}\n${scope.report().wiresOpened} connection`;
}
