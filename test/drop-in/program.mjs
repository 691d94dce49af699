/**
 * A program that keeps notes below a URL, and knows nothing else of where it leads: `node program.mjs write|read|both URL`. What it saw is printed, line by line,
 * and is the same wherever the URL leads.
 */
import { TransportScope, getTransport, isTransportError, resolveFile } from "samewire";

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) % 251));

/** In pieces, as from a network. */
async function* pieces() {
  for (let at = 0; at < bytes.length; at += 30_000) yield bytes.subarray(at, at + 30_000);
}

const failure = async (work) => {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (!isTransportError(error)) throw error;
    return error.code;
  }
};

async function names(transport, path) {
  const found = [];
  for await (const { name, stat } of transport.list(path)) found.push(`${name}${stat.type === "directory" ? "/" : ""}`);
  return found.toSorted();
}

async function write(url) {
  const notes = getTransport(url);
  await notes.createPrefix();
  await notes.mkdir("drafts");
  await notes.put("first note.txt", "one, and 100 %, naïve: ☃\n");
  console.log("streamed", await notes.put("drafts/large", pieces()));
  await notes.put("drafts/large.bak", "replaced soon");
  await notes.copy("drafts/large", "drafts/large.bak");
  await notes.put("deep/er/note", "made its parents", { createParents: true });
  await notes.move("deep/er/note", "drafts/note");
  await notes.put("gone", "soon");
  await notes.delete("gone");
  console.log("gone", await notes.has("gone"), await failure(notes.delete("gone")));
  console.log("again", await failure(notes.mkdir("drafts")), await failure(notes.rmdir("drafts")));
  await notes.deleteTree("deep");
  await notes.put("first note.txt", "one, revised: ☃\n");
}

async function read(url) {
  const notes = getTransport(url);
  console.log("names", await names(notes), await names(notes.clone("drafts")));
  console.log("text", String(await notes.getBytes("first note.txt")).trim());
  const { transport, path } = resolveFile(`${notes.abspath("drafts")}/large.bak`);
  const { type, sizeBytes } = await transport.stat(path);
  console.log("copied", type, sizeBytes, bytes.equals(await transport.getBytes(path)));
  const chunks = [];
  for await (const chunk of await notes.get("drafts/large", { offset: 99_990 })) chunks.push(chunk);
  console.log("end", Buffer.concat(chunks).equals(bytes.subarray(99_990)));
  const ranges = [50_000, 3, 99_000].map((offset) => ({ offset, length: 500 }));
  const parts = [];
  for await (const part of notes.readv("drafts/large", ranges)) parts.push(part);
  console.log(
    "parts",
    parts.map((part, n) => part.equals(bytes.subarray(ranges[n].offset, ranges[n].offset + 500))),
  );
  console.log("missing", await notes.has("drafts/none"), await failure(notes.getBytes("drafts/none")));
  console.log("moved", String(await notes.getBytes("drafts/note")));
}

const [what, url] = process.argv.slice(2);
const scope = new TransportScope();
try {
  await scope.run(async () => {
    if (what !== "read") await write(url);
    if (what !== "write") await read(url);
  });
} finally {
  await scope.close();
}
