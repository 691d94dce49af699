import { TransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";
import type { Verb } from "../transport/verbs.ts";
import { isChanging } from "../transport/verbs.ts";

/** `readonly+`: refuses every verb that changes something, before anything is sent. A boundary. */
class ReadonlyTransport extends TransportDecorator {
  readonly prefix = "readonly";
  readonly boundary = true;

  override get capabilities(): Capabilities {
    return { ...this.inner.capabilities, writable: false };
  }

  protected around(inner: Transport): ReadonlyTransport {
    return new ReadonlyTransport(inner);
  }

  protected override ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    if (!isChanging(verb)) return work();
    const { redactedUrl: url } = this.location;
    return Promise.reject(
      new TransportError("read-only", "this transport is read-only", { operation: verb, url, path }),
    );
  }
}

/** A transport that refuses every verb that would change something, before anything is sent: to hand to code that is not trusted with more. A boundary, as `readonly+`. */
export function readonly(transport: Transport): Transport {
  return new ReadonlyTransport(transport);
}

export const readonlyDecorator: Decorator = { name: "readonly", wrap: readonly };
