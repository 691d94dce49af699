import type { HttpAnswer } from "../../../drivers/http-answer.ts";
import type { XmlElement, XmlListener, XmlName } from "../../../drivers/sax.ts";
import { XmlReader } from "../../../drivers/sax.ts";
import { TransportError, toTransportError } from "../../../errors/transport-error.ts";

/** What a server says of one resource (RFC 4918, 14.24). */
export interface DavResponse {
  /** As the server wrote it. */
  readonly href: string;
  /** Of the resource as a whole, where the server gives one. */
  readonly status: number | undefined;
  /** The properties that it has, by their names. */
  readonly properties: ReadonlyMap<string, XmlElement>;
  /** The statuses of those that it does not have, or does not tell. */
  readonly missing: ReadonlyMap<string, number>;
}

const statusLine = /^HTTP\/\d+(?:\.\d+)? (\d{3})(?: |$)/;

export function isDav({ uri, local }: XmlName, name: string): boolean {
  return uri === "DAV:" && local === name;
}

/** The first child of an element with a name of WebDAV's own. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => isDav(child, name));
}

/** Tells of each response of a 207 as it comes. Rejects with `protocol-error` for what is none, or not all of one. */
export async function readMultistatus(answer: HttpAnswer, each: (response: DavResponse) => void): Promise<void> {
  await readXml(answer, {
    root: (name) => {
      if (!isDav(name, "multistatus")) throw nonsense("no list of what is there");
    },
    item: (item) => {
      if (isDav(item, "response")) for (const response of responsesOf(item)) each(response);
    },
  });
}

/** Reads the XML in an answer as it comes. */
async function readXml(answer: HttpAnswer, listener: XmlListener): Promise<void> {
  const reader = await XmlReader.open(listener).catch(async (error: unknown) => {
    await answer.discard();
    throw error;
  });
  await new Promise<void>((resolve, reject) => {
    const attempt = (work: () => void): boolean => {
      try {
        work();
        return true;
      } catch (error) {
        answer.abort(toTransportError(error));
        reject(error);
        return false;
      }
    };
    answer.take({
      data: (chunk) => attempt(() => reader.write(chunk)),
      end: () => void (attempt(() => reader.end()) && resolve()),
      fail: reject,
    });
  });
}

/** One for each href: where only a status is told, it may be that of several. */
function responsesOf(element: XmlElement): readonly DavResponse[] {
  const hrefs = element.children.filter((child) => isDav(child, "href")).map(({ text }) => text.trim());
  if (hrefs.length === 0) throw nonsense("an answer about nothing");
  const properties = new Map<string, XmlElement>();
  const missing = new Map<string, number>();
  for (const propstat of element.children.filter((child) => isDav(child, "propstat"))) {
    const status = statusIn(propstat);
    const found = childOf(propstat, "prop")?.children ?? [];
    for (const property of found.filter(({ uri }) => uri === "DAV:")) {
      if (status !== undefined && isSuccess(status)) properties.set(property.local, property);
      else missing.set(property.local, status ?? 0);
    }
  }
  const status = statusIn(element);
  return hrefs.map((href) => ({ href, status, properties, missing }));
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function statusIn(element: XmlElement): number | undefined {
  const line = childOf(element, "status")?.text.trim();
  if (line === undefined) return undefined;
  const status = statusLine.exec(line)?.[1];
  if (status === undefined) throw nonsense("a status that is none");
  return Number(status);
}

function nonsense(what: string): TransportError {
  return new TransportError("protocol-error", `the server answers with ${what}`);
}
