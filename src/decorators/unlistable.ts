import { TransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import { abortedError } from "../transport/operation.ts";
import type { Decorator } from "../transport/scheme.ts";
import type { Entry } from "../transport/stat.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { ListOptions, VerbOptions } from "../transport/verb-options.ts";
import type { Verb } from "../transport/verbs.ts";
import { retold } from "./retold.ts";

/** `unlistable+`: has no listings, as many web servers. Shows whether a program needs them. Transparent. */
class UnlistableTransport extends TransportDecorator {
  readonly prefix = "unlistable";
  readonly boundary = false;

  override get capabilities(): Capabilities {
    return { ...this.inner.capabilities, listable: false };
  }

  protected around(inner: Transport): UnlistableTransport {
    return new UnlistableTransport(inner);
  }

  override async *list(path = "", options?: ListOptions): AsyncGenerator<Entry> {
    yield await Promise.reject(this.#refusal("list", path, options));
  }

  /** What is no directory can be deleted without a look into it. */
  override async deleteTree(path: string, options?: VerbOptions): Promise<void> {
    try {
      const { type } = await this.inner.stat(path, { signal: options?.signal });
      if (type === "directory") throw this.#refusal("deleteTree", path, options);
      await this.inner.delete(path, options);
    } catch (error) {
      throw retold(error, "deleteTree", path, this.location.redactedUrl);
    }
  }

  #refusal(operation: Verb, path: string, options: VerbOptions | undefined): TransportError {
    const { redactedUrl: url } = this.location;
    if (options?.signal?.aborted === true)
      return abortedError({ name: operation, signal: options.signal }).with({ url, path });
    return new TransportError("unsupported", "this transport lists nothing", { operation, url, path });
  }
}

/** A transport that has no listings: `list` rejects with `unsupported`, and so does `deleteTree` of a directory. */
export function unlistable(transport: Transport): Transport {
  return new UnlistableTransport(transport);
}

export const unlistableDecorator: Decorator = { name: "unlistable", wrap: unlistable };
