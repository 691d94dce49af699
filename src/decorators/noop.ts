import type { Decorator } from "../transport/scheme.ts";
import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Transport } from "../transport/transport.ts";

/** `noop+`: changes nothing. It runs the whole conformance suite, to prove that forwarding is complete. */
class NoopTransport extends TransportDecorator {
  readonly prefix = "noop";
  readonly boundary = false;

  protected around(inner: Transport): NoopTransport {
    return new NoopTransport(inner);
  }
}

export const noopDecorator: Decorator = { name: "noop", wrap: (inner) => new NoopTransport(inner) };
