import { escapedXml } from "./xml.ts";

/** What a method comes to. */
export interface WebdavReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** XML, where there is anything to say; in pieces, where it is long. */
  readonly body?: string | AsyncIterable<string>;
}

/** A refusal by what a request comes to instead. */
export class WebdavRefusal extends Error {
  readonly reply: WebdavReply;

  constructor(reply: WebdavReply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

/** A refusal, with the condition of RFC 4918, 16, that was not met, and what is in the way. */
export function refusal(status: number, condition?: string, hrefs: readonly string[] = []): WebdavRefusal {
  return new WebdavRefusal(condition === undefined ? { status } : { status, body: errorDocument(condition, hrefs) });
}

/** What every document begins with. */
export const declaration = '<?xml version="1.0" encoding="utf-8"?>\n';

function errorDocument(condition: string, hrefs: readonly string[]): string {
  return `${declaration}<D:error xmlns:D="DAV:">${conditionElement(condition, hrefs)}</D:error>\n`;
}

function conditionElement(condition: string, hrefs: readonly string[]): string {
  const content = hrefs.map((href) => `<D:href>${escapedXml(href)}</D:href>`).join("");
  return content === "" ? `<D:${condition}/>` : `<D:${condition}>${content}</D:${condition}>`;
}

/** What became of one member, where that is not what became of all. */
export interface MemberFailure {
  readonly href: string;
  readonly status: number;
  readonly condition?: string;
}

/** A 207 that says of some members that it went wrong with them. */
export function partly(failures: readonly MemberFailure[]): WebdavReply {
  return multistatus("D", failures.map(memberResponse));
}

function memberResponse({ href, status, condition }: MemberFailure): string {
  const error = condition === undefined ? "" : `<D:error>${conditionElement(condition, [href])}</D:error>`;
  return `<D:response><D:href>${escapedXml(href)}</D:href>${statusElement("D:", status)}${error}</D:response>\n`;
}

/** A 207 with responses in it, as they are and as they come. */
export function multistatus(prefix: string, responses: Iterable<string> | AsyncIterable<string>): WebdavReply {
  const [colon, binding] = prefix === "" ? ["", "xmlns"] : [`${prefix}:`, `xmlns:${prefix}`];
  const pieces = async function* (): AsyncGenerator<string> {
    yield `${declaration}<${colon}multistatus ${binding}="DAV:">\n`;
    yield* responses;
    yield `</${colon}multistatus>\n`;
  };
  return { status: 207, body: { [Symbol.asyncIterator]: pieces } };
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  423: "Locked",
  424: "Failed Dependency",
  507: "Insufficient Storage",
};

/** `colon` is the prefix with its colon, or nothing. */
export function statusElement(colon: string, status: number): string {
  return `<${colon}status>HTTP/1.1 ${status} ${reasons[status] ?? "Failed"}</${colon}status>`;
}
