/**
 * Prints the first line of each file, wherever it is, all of them asked for at once:
 *
 *   node .build/examples/first-lines.js package.json sftp://you@host/etc/hostname sftp://you@host/~/.profile
 *
 * Nothing is handed on: inside `scope.run` whatever asks for a transport finds the scope.
 */
import { TransportScope, isTransportError, resolveFile } from "samewire";

async function firstLine(location: string): Promise<string> {
  const { transport, path } = resolveFile(location);
  const [line = ""] = String(await transport.getBytes(path, { length: 200 })).split("\n");
  return line;
}

async function describe(location: string): Promise<string> {
  try {
    return `${location}: ${await firstLine(location)}`;
  } catch (error) {
    if (!isTransportError(error)) throw error;
    return `${location}: ${error.message}`;
  }
}

await using scope = new TransportScope();
const lines = await scope.run(() => Promise.all(process.argv.slice(2).map(describe)));
for (const line of lines) console.log(line);
for (const { label, operations, connectMs } of scope.report().connections) {
  console.log(`${label}: ${operations} operations, connected in ${connectMs.map(Math.round).join(", ")} ms`);
}
