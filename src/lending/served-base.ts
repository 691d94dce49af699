import { TransportError } from "../errors/transport-error.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { Transport } from "../transport/transport.ts";

/** A directory as a lender serves it. */
export class ServedBase {
  /** The boundary: nothing above or beside the directory can be named to it. */
  readonly transport: Transport;
  /** What its borrowers know it by. */
  readonly url: string;
  #said = "";

  constructor(transport: Transport, url: string) {
    this.transport = transport;
    this.url = url;
  }

  /** What borrowers can do: there is no wire of theirs to be counted, and no file of theirs to be opened by another way. */
  get capabilities(): Capabilities {
    return { ...this.transport.capabilities, connected: false, local: false };
  }

  /** What it can do, if that is not what was said last. */
  news(): Capabilities | undefined {
    const { capabilities } = this;
    const text = JSON.stringify(capabilities);
    if (text === this.#said) return undefined;
    this.#said = text;
    return capabilities;
  }
}

/**
 * Puts a boundary around a transport. A server's root is one already; where a server has a login directory, that is lent with it.
 *
 * @throws TransportError `unsupported` for a URL that is asked for as a whole
 */
export function servedBases(transport: Transport, isReadonly: boolean): readonly ServedBase[] {
  const { location } = transport;
  if (location.whole)
    throw new TransportError("unsupported", "only a directory can be lent, and this is a file", {
      operation: "lend",
      url: location.redactedUrl,
      hint: "Lend the directory that it is in",
    });
  const { registry } = transport.requestFor(location);
  const isRoot = location.segments.length === 0 && !location.home;
  const bounded = isRoot ? transport : registry.decorator("chroot").wrap(transport, {});
  const served = isReadonly ? registry.decorator("readonly").wrap(bounded, {}) : bounded;
  const bases = [new ServedBase(served, location.with({ decorators: [] }).base)];
  const login =
    isRoot && location.syntax.homeDirectory ? transport.reuseConnectionFor(`${transport.base}~/`) : undefined;
  if (login === undefined) return bases;
  const url = login.location.with({ decorators: [] }).base;
  return [...bases, new ServedBase(isReadonly ? registry.decorator("readonly").wrap(login, {}) : login, url)];
}
