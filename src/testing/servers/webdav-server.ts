import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer } from "node:http2";
import type { Server } from "node:net";

import { FileTree } from "../../schemes/memory/file-tree.ts";
import type { HttpAnswerOptions } from "./http-answers.ts";
import { answerFrom } from "./http-answers.ts";
import type { HttpHandler, HttpListenerOptions, HttpReaction, HttpServerRequest } from "./http-listener.ts";
import { handlerOf, listen, react } from "./http-listener.ts";
import { HttpServer, answersOf } from "./http-server.ts";
import type { WebdavBehaviour } from "./webdav-behaviour.ts";
import { usualBehaviour } from "./webdav-behaviour.ts";
import type { UploadFault } from "./webdav-body.ts";
import { EarlyAnswer, bodyOf, cut } from "./webdav-body.ts";
import type { WebdavLock } from "../../gateway/webdav/locks.ts";
import { WebdavLocks } from "../../gateway/webdav/locks.ts";
import { isWebdav, webdavReply } from "./webdav-methods.ts";
import type { WebdavSite } from "./webdav-request.ts";
import { sendReply } from "./webdav-send.ts";

/** What becomes of a request: as of any over HTTP; or it is done and the connection cut instead of the answer; or something happens to its body. */
export type WebdavReaction = HttpReaction | "drop-after" | UploadFault;

/** Options of `startWebdavServer`. */
export interface WebdavServerOptions extends HttpListenerOptions, Partial<HttpAnswerOptions>, Partial<WebdavBehaviour> {
  /** No lock is granted for longer. Default: for as long as the client wants. */
  readonly maxLockMs?: number;
  /** Tells clients that wait for it to send the body (`100 Continue`). Default true; a server that never does is one on a bad day. */
  readonly continues?: boolean;
  /** Called for every request, also those that are not let in. For tests of faults and redirects. */
  readonly onRequest?: (request: HttpServerRequest) => WebdavReaction | Promise<WebdavReaction>;
}

/**
 * A WebDAV server in this process (RFC 4918, classes 1, 2 and 3) on a tree in memory, which counts everything: for tests. It takes nothing that the RFC
 * does not allow. In directories of the tree that their owner may not write (0o555) nothing is made or removed: 403, within a 207 where that is
 * a member's fate.
 */
export class WebdavServer extends HttpServer {
  readonly #locks: WebdavLocks;

  constructor(
    server: Server | Http2SecureServer,
    facts: { host: string; tree: FileTree; secure: boolean; locks: WebdavLocks },
    handle: HttpHandler,
  ) {
    super(server, facts, handle);
    this.#locks = facts.locks;
    // Who waits to be told is told when the body is read, so that a refusal comes without it.
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
      server.emit("request", request, response),
    );
  }

  /** The locks that are held now. */
  get locks(): readonly WebdavLock[] {
    return this.#locks.all;
  }

  /** Forgets every lock, as a server does that was started anew. */
  forgetLocks(): void {
    this.#locks.dropAt("/");
  }
}

/** Starts a WebDAV server on a free port of this machine. To be like another: `startWebdavServer({ ...webdavServerKinds.nginx })`. */
export async function startWebdavServer(options: WebdavServerOptions = {}): Promise<WebdavServer> {
  const { host = "127.0.0.1", tree = new FileTree(), maxLockMs = Infinity, continues = true } = options;
  const answers = answersOf({ ...options, index: options.index ?? "none" });
  const locks = new WebdavLocks();
  const secure = options.tls !== undefined;
  const { etags, lengths } = answers;
  const behaviour = { ...usualBehaviour, ...options };
  const site: WebdavSite = { tree, locks, behaviour, etags, maxLockMs, scheme: secure ? "https" : "http" };
  const handle = handlerOf<Exclude<WebdavReaction, HttpReaction>>(
    options,
    options.onRequest ?? (() => "answer"),
    async (request, response, reaction) => {
      const { method = "" } = request;
      if (!isWebdav(method)) return await answerFrom(tree, answers, request, response);
      const fault = typeof reaction === "object" ? reaction : undefined;
      try {
        const reply = await webdavReply(site, request, bodyOf(request, response, { fault, continues }));
        if (reaction === "drop-after") return cut(request);
        await sendReply(response, reply, { length: lengths });
      } catch (error) {
        if (!(error instanceof EarlyAnswer)) throw error;
        react(response, method, error.answer);
      }
      request.resume(); // What was not read of the body is in nobody's way.
    },
  );
  return new WebdavServer(await listen(options), { host, tree, secure, locks }, handle);
}
