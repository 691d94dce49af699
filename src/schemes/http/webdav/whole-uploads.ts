import { isTransportError } from "../../../errors/transport-error.ts";
import type { HttpHeaders } from "../../../drivers/http-message.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { Location } from "../../../url/location.ts";
import type { WebdavRequests } from "./webdav-requests.ts";
import { asDirectory } from "./webdav-stat.ts";

/**
 * Whether a server shows nothing of an upload before all of it is there, and nothing of one that was cut off. Apache's own store and nginx write beside the name
 * and rename; rclone and others write into the file itself. Asked once: what is said to an OPTIONS tells what stores the files, also behind a proxy.
 */
export class WholeUploads {
  readonly #requests: WebdavRequests;
  #known: Promise<boolean> | undefined;

  constructor(requests: WebdavRequests) {
    this.#requests = requests;
  }

  /** Rejects only where the server is not reached. */
  async areWhole(at: Location, operation: Operation): Promise<boolean> {
    const asking = (this.#known ??= this.#ask(at, operation));
    try {
      return await asking;
    } catch (error) {
      if (this.#known === asking) this.#known = undefined;
      if (isTransportError(error, "aborted") && operation.signal?.aborted !== true)
        return await this.areWhole(at, operation);
      throw error;
    }
  }

  async #ask(at: Location, operation: Operation): Promise<boolean> {
    const requests = this.#requests;
    const found = await requests.find(requests.place(asDirectory(at.parent())), { method: "OPTIONS" }, operation);
    if (found.kind === "directory") return false;
    await found.answer.discard();
    return found.answer.status === 200 && writesBeside(found.answer.headers);
  }
}

/** `mod_dav_fs` names its store among the classes. Of nginx's own module the class is 2 alone: behind it, when it is a proxy, others say 1 as well. */
function writesBeside(headers: HttpHeaders): boolean {
  const classes = (headers.get("dav") ?? "").split(",").map((name) => name.trim());
  if (classes.includes("<http://apache.org/dav/propset/fs/1>")) return true;
  return classes.join(",") === "2" && /^nginx\b/.test(headers.get("server") ?? "");
}
