import type { WireTraffic } from "../../connection/connector.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { FileTree } from "./file-tree.ts";

/** A wire of the memory scheme: one session on a store. What is asked on it counts as sent, what it answers as received. */
export class MemorySession {
  readonly #tree: FileTree;
  readonly #ended: () => void;
  #end: TransportError | undefined;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(tree: FileTree, ended: () => void) {
    this.#tree = tree;
    this.#ended = ended;
  }

  get traffic(): WireTraffic {
    return { bytesSent: this.#bytesSent, bytesReceived: this.#bytesReceived };
  }

  /** One request and its answer. Throws what the session ended with, once it has. */
  ask<Answer>(request: (tree: FileTree) => Answer, content?: Uint8Array): Answer {
    if (this.#end !== undefined) throw this.#end;
    this.#bytesSent += content?.length ?? 0;
    const answer = request(this.#tree);
    if (answer instanceof Uint8Array) this.#bytesReceived += answer.length;
    return answer;
  }

  /** Ends the session: whatever is asked from now on fails with `reason`. */
  end(reason: TransportError): void {
    this.#end ??= reason;
    this.#ended();
  }
}
