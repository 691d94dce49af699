import { join } from "node:path";

import { rootOf, startProgram } from "./real-server.ts";
import type { ServerProcess } from "./server-process.ts";
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

  constructor(process: ServerProcess, serve: "webdav" | "http") {
    super(process);
    this.#serve = serve;
  }

  /** Client addresses that requests came from, as rclone logs them at a request's end. Those that it asked for a password it does not log, and `serve http` does not log files. */
  get accepted(): number {
    if (this.#serve === "http") throw new Error("rclone serve http does not log where requests come from");
    return new Set(this.log.match(/\b(?:\d+\.){3}\d+:\d+(?=$|:)/gm)).size;
  }
}

/** Starts rclone in a temporary folder and waits until it listens. Rejects where it is not installed or says that it cannot. */
export async function startRclone({ serve = "webdav", login, flags = [] }: RcloneOptions = {}): Promise<RcloneServer> {
  const server = await startProgram("rclone", (place) => [
    ...["serve", serve, rootOf(place), "--addr", `127.0.0.1:${place.port}`, "-v"],
    ...["--config", join(place.folder, "rclone.conf"), "--cache-dir", join(place.folder, "cache")],
    // It would not see for minutes what a test changes on the disk.
    ...["--dir-cache-time", "0s"],
    ...(login === undefined ? [] : ["--user", login.user, "--pass", login.password]),
    ...flags,
  ]);
  return new RcloneServer(server, serve);
}
