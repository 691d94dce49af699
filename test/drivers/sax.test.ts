import { describe, expect, it } from "vitest";

import type { XmlElement } from "../../src/drivers/sax.ts";
import { XmlReader } from "../../src/drivers/sax.ts";

/** What a reader tells of a document that comes in pieces of so many bytes. */
async function read(document: string | Uint8Array, pieceBytes = 7): Promise<XmlElement[]> {
  const items: XmlElement[] = [];
  const reader = await XmlReader.open({ root: () => undefined, item: (item) => items.push(item) });
  const bytes = Buffer.from(document);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  reader.end();
  return items;
}

describe("XML from a server", () => {
  it("is told child by child of its root, with its namespaces and its text", async () => {
    const document =
      '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<d:a xmlns:d="DAV:"><d:b>x &amp; <![CDATA[<y>]]> \u{1f600}</d:b><c xmlns="z:"><e/></c></d:a>\n';
    const [first, second] = await read(document);
    expect(first).toEqual({ uri: "DAV:", local: "b", children: [], text: "x & <y> \u{1f600}" });
    expect(second).toMatchObject({ uri: "z:", local: "c", children: [{ uri: "z:", local: "e" }] });
  });

  const refused: Readonly<Record<string, string | Uint8Array>> = {
    "is empty": "",
    "breaks off in an element": "<a><b></b>",
    "breaks off in a tag": "<a><b",
    "closes what is not open": "<a></b></a>",
    "has two roots": "<a/><a/>",
    "goes on after its end": "<a/>Internal Server Error",
    "is no XML": "hello",
    "has a document type": "<!DOCTYPE a><a/>",
    "declares an entity": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "names an entity that XML does not have": "<a>&nbsp;</a>",
    "uses a prefix that stands for nothing": "<d:a/>",
    "is in another encoding": '<?xml version="1.0" encoding="iso-8859-1"?><a/>',
    "is not UTF-8": Buffer.from("<a>\u00ff</a>", "latin1"),
    "has a name that is too long": `<${"a".repeat(100_000)}/>`,
    "has a tag that is too long": `<a b="${"x".repeat(100_000)}"/>`,
    "has ten thousand attributes": `<a ${Array.from({ length: 10_000 }, (_, at) => `b${at}=""`).join(" ")}/>`,
    "has elements without end in one another": "<a>".repeat(100_000),
    "has a text without end": `<a><b>${"x".repeat(1_000_000)}</b></a>`,
    "has elements without end in one": `<a><b>${"<c/>".repeat(10_000)}</b></a>`,
  };
  it.each(Object.entries(refused))("that %s is refused", async (_what, document) => {
    await expect(read(document, 4_096)).rejects.toMatchObject({ code: "protocol-error" });
  });
});
