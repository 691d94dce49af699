import type { Http2SecureServer } from "node:http2";
import type { Server } from "node:net";

import { FileTree } from "../../schemes/memory/file-tree.ts";
import { CountedHttpServer } from "./counted-http-server.ts";
import type { HttpAnswerOptions } from "./http-answers.ts";
import { answerFrom } from "./http-answers.ts";
import type { HttpHandler, HttpListenerOptions, HttpReaction, HttpServerRequest } from "./http-listener.ts";
import { handlerOf, listen } from "./http-listener.ts";

/** Options of `startHttpServer`. */
export interface HttpServerOptions extends HttpListenerOptions, Partial<HttpAnswerOptions> {
  /** Called for every request, also those that are not let in. For tests of faults and redirects. */
  readonly onRequest?: (request: HttpServerRequest) => HttpReaction | Promise<HttpReaction>;
}

/** An HTTP server in this process that serves a tree in memory and counts everything: for tests. By itself it is read-only, as static servers are. */
export class HttpServer extends CountedHttpServer {
  /** What it serves. */
  readonly tree: FileTree;

  constructor(
    server: Server | Http2SecureServer,
    facts: { host: string; tree: FileTree; secure: boolean },
    handle: HttpHandler,
  ) {
    super(server, facts, handle);
    this.tree = facts.tree;
  }
}

/** Starts an HTTP server on a free port of this machine. */
export async function startHttpServer(options: HttpServerOptions = {}): Promise<HttpServer> {
  const { host = "127.0.0.1", tree = new FileTree(), onRequest = () => "answer" } = options;
  const answers = answersOf(options);
  const server = await listen(options);
  const handler = handlerOf<never>(options, onRequest, (request, response) =>
    answerFrom(tree, answers, request, response),
  );
  return new HttpServer(server, { host, tree, secure: options.tls !== undefined }, handler);
}

/** How a server answers that was told something of it. */
export function answersOf(options: Partial<HttpAnswerOptions>): HttpAnswerOptions {
  return {
    index: "nginx",
    ranges: "many",
    head: true,
    etags: "strong",
    lengths: true,
    ...withoutUnsaid(options),
  };
}

function withoutUnsaid({
  index,
  ranges,
  head,
  etags,
  lengths,
}: Partial<HttpAnswerOptions>): Partial<HttpAnswerOptions> {
  const said = Object.entries({ index, ranges, head, etags, lengths }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Partial<HttpAnswerOptions>;
}
