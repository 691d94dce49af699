/**
 * Puts a folder's files where a URL points, each replaced in one step:
 *
 *   node .build/examples/publish.js ./public sftp://deploy@www.example.com/srv/site/
 *
 * However many files there are, and whichever of these functions asks for the server, it sees one connection.
 */
import type { PossibleTransports } from "samewire";
import { TransportScope, getTransport, resolveFile, walk } from "samewire";

const atOnce = 16;

async function publish(folder: string, url: string, possibleTransports: PossibleTransports): Promise<number> {
  const source = getTransport(folder, possibleTransports);
  const target = getTransport(url, possibleTransports);
  await target.createPrefix();
  let files = 0;
  const entries = walk(source);
  // Several workers take from one iterator: as many puts are under way as there are workers.
  const worker = async (): Promise<void> => {
    for await (const { path, stat } of entries) {
      if (stat.type !== "file") continue;
      await target.put(path, await source.get(path), { createParents: true });
      files++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await stamp(`${target.base}published.txt`, files, possibleTransports);
  return files;
}

/** Knows nothing but the URL of a file and the list. */
async function stamp(url: string, files: number, possibleTransports: PossibleTransports): Promise<void> {
  const { transport, path } = resolveFile(url, possibleTransports);
  await transport.put(path, `${files} files, ${new Date().toISOString()}\n`);
}

const [folder, url] = process.argv.slice(2);
if (folder === undefined || url === undefined) {
  console.error("usage: publish FOLDER URL");
  process.exitCode = 2;
} else {
  await using scope = new TransportScope();
  const files = await publish(folder, url, scope);
  console.log(`${files} files over ${scope.report().wiresOpened} connection`);
}
