import type { Location, Transport, TransportOptions } from "../index.ts";

/** What an operand names: a path on a transport. For a root, the transport's base itself. */
export class Place {
  readonly transport: Transport;
  /** `""` where the place is the base of the transport. */
  readonly path: string;
  /** As it was given, with the password that may be in it: never shown. */
  readonly location: Location;

  private constructor(transport: Transport, path: string, location: Location) {
    this.transport = transport;
    this.path = path;
    this.location = location;
  }

  /** The place of a transport's own location, seen from the directory it is in. */
  static of(transport: Transport, location: Location): Place {
    const above = transport.clone("..");
    // `chroot+` has a name in its URL, and nothing above it.
    return location.name === "" || above.base === transport.base
      ? new Place(transport, "", location)
      : new Place(above, location.name, location);
  }

  /** The last part of the path; `""` for a root. */
  get name(): string {
    return this.location.name;
  }

  /** Without a password. */
  get url(): string {
    return this.transport.abspath(this.path);
  }

  /** As a person wants to read it: the path of a local file, the URL of any other. */
  get shown(): string {
    const { capabilities } = this.transport;
    return capabilities.local ? this.transport.localPath(this.path) : this.url;
  }

  /** Something in the directory that is here. */
  inside(path: string): Place {
    return path === "" ? this : new Place(this.transport.clone(this.path), path, this.location.resolve(path));
  }
}

export interface OneWire {
  readonly transport: Transport;
  readonly from: string;
  readonly to: string;
}

/** Two places as paths of one transport, so that the server can do the work; undefined where no wire serves both. */
export function onOneWire(from: Place, to: Place, options: TransportOptions): OneWire | undefined {
  const { transport } = from;
  const [a, b] = [from.location, to.location];
  const shared = transport.capabilities.local
    ? a.scheme === b.scheme && a.decorators.join() === b.decorators.join()
    : transport.explainReuse(b, options).reuse;
  // No path leads from the login directory to one that begins at the root.
  if (!shared || a.home !== b.home) return undefined;
  if (!a.home) return { transport, from: a.path, to: b.path };
  const home = transport.clone("../".repeat(a.segments.length));
  return { transport: home, from: a.segments.join("/"), to: b.segments.join("/") };
}
