import { TransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";

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

  protected override ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    return verb === "deleteTree" ? Promise.reject(this.#refusal(verb, path)) : work();
  }

  protected override stream<T>(verb: Verb, path: string, work: () => AsyncIterable<T>): AsyncIterable<T> {
    return verb === "list" ? rejecting(this.#refusal(verb, path)) : work();
  }

  #refusal(operation: Verb, path: string): TransportError {
    const { redactedUrl: url } = this.location;
    return new TransportError("unsupported", "this transport lists nothing", { operation, url, path });
  }
}

async function* rejecting(error: TransportError): AsyncGenerator<never> {
  yield await Promise.reject(error);
}

/** A transport that has no listings: `list` and `deleteTree` reject with `unsupported`. */
export function unlistable(transport: Transport): Transport {
  return new UnlistableTransport(transport);
}

export const unlistableDecorator: Decorator = { name: "unlistable", wrap: unlistable };
