import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import { isTempName, tempName } from "../../../transport/temp-name.ts";
import type { Location } from "../../../url/location.ts";
import { listDirectory } from "./webdav-list.ts";
import type { WebdavRequests } from "./webdav-requests.ts";

/** What is written to find out; it is deleted with the directory that it is in. */
const probeName = ".hidden";

/**
 * Names that begin with a dot, which some servers (nginx) store, and leave out of every listing: whoever copied a tree would lose what is under them, and
 * whoever removed a directory that looks empty would delete it. There nothing is written under such a name.
 */
export class HiddenNames {
  readonly #requests: WebdavRequests;
  #listed: Promise<boolean> | undefined;

  constructor(requests: WebdavRequests) {
    this.#requests = requests;
  }

  /** Rejects with `invalid-path` for a name that the server would hide. The first such name costs some requests, in its directory. */
  async refuse(at: Location, operation: Operation): Promise<void> {
    if (!at.name.startsWith(".") || isTempName(at.name)) return;
    if (await this.#areListed(at.parent(), operation)) return;
    throw new TransportError("invalid-path", "this server hides names that begin with a dot: no listing has them", {
      hint: "Choose another name",
    });
  }

  async #areListed(parent: Location, operation: Operation): Promise<boolean> {
    const looking = (this.#listed ??= this.#look(parent.resolve(`${tempName()}/`), operation));
    try {
      return await looking;
    } catch (error) {
      if (this.#listed === looking) this.#listed = undefined;
      // Nothing can be made there: whatever was to be done there fails, and says why.
      if (isTransportError(error, "connection-lost", "aborted", "timeout")) throw error;
      return true;
    }
  }

  async #look(folder: Location, operation: Operation): Promise<boolean> {
    const requests = this.#requests;
    await requests.change(folder, { method: "MKCOL" }, operation);
    try {
      await requests.change(folder.resolve(probeName), { method: "PUT", body: new Uint8Array() }, operation);
      return (await listDirectory(requests, folder, operation)).some(({ name }) => name === probeName);
    } finally {
      await requests.change(folder, { method: "DELETE" }, { name: operation.name, signal: undefined });
    }
  }
}
