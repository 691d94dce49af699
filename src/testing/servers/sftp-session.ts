import type { Duplex } from "node:stream";

import { isTransportError } from "../../errors/transport-error.ts";
import { reply, request, version } from "../../schemes/sftp/protocol/messages.ts";
import { decodeName } from "../../schemes/sftp/protocol/name-encoding.ts";
import { PacketReader } from "../../schemes/sftp/protocol/packet-reader.ts";
import { PacketWriter } from "../../schemes/sftp/protocol/packet-writer.ts";
import { status } from "../../schemes/sftp/protocol/status.ts";
import { AnswerStream } from "./answer-stream.ts";
import { RequestStream } from "./request-stream.ts";
import { failureAnswer, statusAnswer } from "./sftp-answers.ts";
import { maxRequestBytes, sftpExtensions } from "./sftp-extensions.ts";
import type { SftpRequestsOptions } from "./sftp-requests.ts";
import { SftpRequests } from "./sftp-requests.ts";

/** What becomes of a request: answered, swallowed, or the connection is cut, before it is done or instead of its answer; or answered with a status of its own. */
export type SftpReaction =
  | "answer"
  | "silence"
  | "drop"
  | "drop-after"
  | { readonly status: number; readonly message: string };

/** Names of requests as they are counted and handed to `onRequest`: `init`, `open`, `read`, …, and extensions by their own name. */
export type SftpRequestName = Exclude<keyof typeof request, "extended"> | (string & {});

export interface SftpSessionOptions extends SftpRequestsOptions {
  /** Names of the extensions that are announced and served. */
  readonly extensions: readonly string[];
  readonly counted: (name: SftpRequestName) => void;
  /** Gets the first path that the request names, or that its handle was opened by. */
  readonly onRequest: ((name: SftpRequestName, path: string | undefined) => SftpReaction) | undefined;
  /** Cuts the connection. */
  readonly drop: () => void;
}

const names: ReadonlyMap<number, string> = new Map(Object.entries(request).map(([name, number]) => [number, name]));

/** Requests whose first field is a handle; of all others it is a path, if they have any. */
const onHandles: ReadonlySet<string> = new Set([
  "close",
  "read",
  "write",
  "fstat",
  "fsetstat",
  "readdir",
  "fsync@openssh.com",
  "copy-data",
]);

/** One SFTP session over a channel: version 3, with OpenSSH's way of answering, on a file tree in memory. */
export class SftpSession {
  readonly #options: SftpSessionOptions;
  readonly #requests: SftpRequests;
  readonly #answers: AnswerStream;

  constructor(channel: Duplex, options: SftpSessionOptions) {
    this.#options = options;
    this.#requests = new SftpRequests(options);
    this.#answers = new AnswerStream(channel);
    const stream = new RequestStream(maxRequestBytes, (body) => this.#take(body));
    channel.on("data", (chunk: Buffer) => {
      try {
        stream.push(chunk);
      } catch (error) {
        // What is no request at all ends the connection, as it does with OpenSSH.
        if (!(error instanceof RangeError || isTransportError(error, "protocol-error"))) throw error;
        options.drop();
      }
    });
  }

  /** Closes what was left open. */
  end(): void {
    this.#requests.handles.closeAll();
  }

  #take(body: Buffer): void {
    const reader = new PacketReader(body.subarray(1));
    const id = reader.u32(); // Of INIT it is the version.
    const known = names.get(body[0] as number);
    const name = known === "extended" ? reader.bytes().toString("latin1") : known;
    if (name === undefined) return this.#answers.send(statusAnswer(id, status.unsupported));
    this.#options.counted(name);
    try {
      const answer = this.#react(name, id, reader, body);
      if (answer !== undefined) this.#answers.send(answer);
    } catch (error) {
      this.#answers.send(failureAnswer(id, error));
    }
  }

  /** The answer to a request; undefined where it gets none. */
  #react(name: SftpRequestName, id: number, reader: PacketReader, body: Buffer): Buffer | undefined {
    const { onRequest, drop } = this.#options;
    const reaction = onRequest?.(name, this.#firstPath(name, body)) ?? "answer";
    if (reaction === "silence") return undefined;
    if (reaction === "drop") return void drop();
    if (typeof reaction === "object") return statusAnswer(id, reaction.status, reaction.message);
    const answer = this.#answer(name, id, reader);
    return reaction === "drop-after" ? void drop() : answer;
  }

  #answer(name: SftpRequestName, id: number, reader: PacketReader): Buffer {
    if (name === "init") return this.#greeting();
    if (isRequest(name)) return this.#requests[name](id, reader) ?? statusAnswer(id, status.ok);
    const extension = this.#options.extensions.includes(name) ? sftpExtensions[name] : undefined;
    if (extension === undefined) return statusAnswer(id, status.unsupported);
    return extension.answer(this.#requests, id, reader) ?? statusAnswer(id, status.ok);
  }

  #greeting(): Buffer {
    const announced = this.#options.extensions.flatMap((name) => [name, sftpExtensions[name]?.version ?? "1"]);
    const writer = new PacketWriter(reply.version, version, 0, ...announced);
    for (const text of announced) writer.text(text, "latin1");
    return writer.finish();
  }

  #firstPath(name: SftpRequestName, body: Buffer): string | undefined {
    if (name === "init") return undefined;
    const reader = new PacketReader(body.subarray(5));
    if (body[0] === request.extended) reader.bytes();
    if (reader.left === 0) return undefined;
    const first = reader.bytes();
    return onHandles.has(name) ? this.#requests.handles.get(first)?.path : decodeName(first, this.#options.encoding);
  }
}

function isRequest(name: SftpRequestName): name is Exclude<keyof typeof request, "init" | "extended"> {
  return Object.hasOwn(request, name) && name !== "init" && name !== "extended";
}
