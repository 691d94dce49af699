import type { ChildProcess } from "node:child_process";
import { join } from "node:path";

import type { ServerPlace } from "./server-process.ts";
import { listening, preparePlace, programPath, startChild } from "./server-process.ts";
import type { Login } from "./web-server.ts";
import { WebServer } from "./web-server.ts";

export interface RcloneOptions {
  /** `webdav`, readable and writable, or `http`, readable. Both show index pages. Default `webdav`. */
  readonly serve?: "webdav" | "http";
  /** Wants this user and password, with Basic, for everything. */
  readonly login?: Login;
  /** Flags of `rclone serve` beside ours. */
  readonly flags?: readonly string[];
}

/** A real `rclone serve`. */
export class RcloneServer extends WebServer {
  protected readonly secure = false;
  readonly #serve: "webdav" | "http";

  constructor(child: ChildProcess, place: ServerPlace, serve: "webdav" | "http") {
    super(child, place);
    this.#serve = serve;
  }

  /** Client addresses that requests came from, as rclone logs them at a request's end. Those that it asked for a password it does not log, and `serve http` does not log files. */
  get accepted(): number {
    if (this.#serve === "http") throw new Error("rclone serve http does not log where requests come from");
    return new Set(this.log.match(/\b127\.0\.0\.1:\d+(?=$|:)/gm)).size;
  }

  protected isListening(): boolean {
    return this.isPortBound();
  }
}

/** Starts rclone in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startRclone({ serve = "webdav", login, flags = [] }: RcloneOptions = {}): Promise<RcloneServer> {
  const program = programPath("rclone");
  const place = await preparePlace("rclone");
  // It would not see for minutes what a test changes on the disk.
  const args = [
    "serve",
    serve,
    place.root,
    "--addr",
    `127.0.0.1:${place.port}`,
    "-v",
    "--dir-cache-time",
    "0s",
    ...flags,
  ];
  const env = {
    RCLONE_CONFIG: join(place.folder, "rclone.conf"),
    RCLONE_CACHE_DIR: join(place.folder, "cache"),
    ...(login === undefined ? {} : { RCLONE_USER: login.user, RCLONE_PASS: login.password }),
  };
  return listening(new RcloneServer(await startChild(program, args, env), place, serve));
}
