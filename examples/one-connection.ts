import { type PossibleTransports, TransportScope, getTransport, resolveFile } from "samewire";

// Functions deep in your program. All they know is a URL, and the list that they pass on.
async function publish(url: string, pages: Map<string, string>, possibleTransports: PossibleTransports) {
  const site = getTransport(url, possibleTransports);
  await site.createPrefix();
  for (const [name, page] of pages) await site.put(name, page); // atomic: readers see the old page or the new one
  return await sizeOf(`${site.base}index.html`, possibleTransports);
}

async function sizeOf(url: string, possibleTransports: PossibleTransports) {
  const { transport, path } = resolveFile(url, possibleTransports); // same server, same user: same connection
  return (await transport.stat(path)).sizeBytes;
}

await using scope = new TransportScope(); // closes every connection at the end
await publish("sftp://deploy@www.example.com/srv/site/", new Map([["index.html", "<h1>Hello</h1>"]]), scope);
console.log(scope.report().wiresOpened); // 1
