import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { TransportError } from "../errors/transport-error.ts";
import type { Transport } from "../transport/transport.ts";

const channel = "samewire:list:refused-name";

interface RefusedName {
  readonly url: string;
  /** JSON text. */
  readonly name: string;
}

/** Tells of names below a transport that a server lists and that cannot be ones, for as long as it is not disposed: what a listing drops is not copied, and somebody has to say so. */
export class RefusedNames implements Disposable {
  readonly #listen: (message: unknown) => void;

  constructor(transport: Transport, tell: (error: TransportError) => void) {
    const base = transport.location.with({ decorators: [] }).redactedUrl;
    this.#listen = (message) => {
      const { url, name } = message as RefusedName;
      if (!`${url}/`.startsWith(base)) return;
      tell(
        new TransportError("invalid-path", `the server lists ${name}, which cannot be a name`, {
          operation: "list",
          url,
        }),
      );
    };
    subscribe(channel, this.#listen);
  }

  [Symbol.dispose](): void {
    unsubscribe(channel, this.#listen);
  }
}
