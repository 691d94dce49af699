import { Readable } from "node:stream";

import { TransportError } from "../errors/transport-error.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpCall, HttpClient } from "./http-client.ts";
import { takenWhole } from "./taken-whole.ts";

/** A request as the SDK made and signed it. */
export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  /** Encoded already. */
  readonly path: string;
  /** Plain text; null for a name without a value. */
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer as the SDK reads it. */
interface SdkResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Readable;
}

/** Which request of ours the SDK is working at: it hands on what `send` was given beside. */
export interface SdkCall {
  /** What sends it; undefined where it is only asked which host a request would go to. */
  readonly client: HttpClient | undefined;
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  /** Whether it is sent again after a lost connection. */
  readonly repeatable: boolean;
  /** Takes an answer that is a success with its body, which the SDK does not get to see. */
  readonly take?: ((answer: HttpAnswer) => void) | undefined;
  /** Told of a request before it is sent. */
  readonly made?: ((request: SdkRequest) => void) | undefined;
}

/** XML of one answer, in bytes: a page of a thousand keys that are as long as they can be, each character of them encoded, has five million. */
const maxXmlBytes = 16 * 1024 * 1024;

const errorTail = /<\/(?:\w+:)?Error>\s*$/;

/** What the SDK sends requests with: the wires of a shared connection. */
export const wireHandler = {
  metadata: { handlerProtocol: "http/1.1" },

  async handle(request: SdkRequest, options: unknown = {}): Promise<{ response: SdkResponse }> {
    const { client, operation, signal, repeatable, take, made } = options as SdkCall;
    made?.(request);
    if (client === undefined) throw new TransportError("unexpected", "the request was not to be sent");
    const call: HttpCall = {
      method: request.method,
      target: targetOf(request),
      headers: request.headers,
      body: bytesOf(request.body),
      repeatable,
      operation,
      signal,
    };
    const response = await takenWhole(
      call,
      () => client.send(call),
      (answer) => responseOf(answer, request.method, take),
    );
    return { response };
  },
};

/** What the SDK gets to see of an answer. */
async function responseOf(answer: HttpAnswer, method: string, take: SdkCall["take"]): Promise<SdkResponse> {
  const { status } = answer;
  const headers = answer.headers.all();
  const succeeded = status >= 200 && status < 300;
  if (succeeded && take !== undefined) {
    take(answer);
    return { statusCode: status, headers, body: Readable.from([]) };
  }
  // The length in an answer to a HEAD is that of the object.
  const body = method === "HEAD" ? await noBody(answer) : await answer.bytes(refuseTooMuch);
  // No service defines entities, which could grow without end.
  if (succeeded && body.includes("<!DOCTYPE"))
    throw new TransportError("protocol-error", "the service's answer has a document type, which none has");
  // Some requests take so long that their failure comes after the status: https://repost.aws/knowledge-center/s3-resolve-200-internalerror
  const failed = succeeded && errorTail.test(body.subarray(-64).toString("latin1"));
  return { statusCode: failed ? 500 : status, headers, body: Readable.from([body], { objectMode: false }) };
}

async function noBody(answer: HttpAnswer): Promise<Buffer> {
  await answer.discard();
  return Buffer.alloc(0);
}

function refuseTooMuch(bytes: number): void {
  if (bytes > maxXmlBytes) throw new TransportError("protocol-error", "the service's answer is longer than any can be");
}

/** Path and query, written as they were signed. */
function targetOf({ path, query = {} }: SdkRequest): string {
  const parts: string[] = [];
  for (const name of Object.keys(query).toSorted()) {
    const value = query[name] ?? null;
    const key = encodeStrictly(name);
    if (value === null) parts.push(key);
    else for (const one of [value].flat() as string[]) parts.push(`${key}=${encodeStrictly(one)}`);
  }
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

/** Everything but RFC 3986's unreserved characters. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null || body === "") return undefined;
  if (typeof body === "string") return Buffer.from(body, "utf8");
  if (body instanceof Uint8Array) return body;
  throw new TransportError("unexpected", "the SDK wants to send something else than bytes");
}
