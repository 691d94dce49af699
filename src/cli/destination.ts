import { TransportError, isTransportError } from "../index.ts";
import type { Place } from "./place.ts";
import type { Session } from "./session.ts";

/** Where the sources of `cp` and `mv` go. */
export interface Destination {
  /** The directory that they go into; undefined where the one source goes in the target's place. */
  readonly directory: Place | undefined;
  /** Where one of them goes; undefined stands for stdin, which has no name. */
  of(source: Place | undefined): Place;
}

/** Into the target where it is a directory, else one source in its place. */
export async function destinationOf(session: Session, target: string, sources: number): Promise<Destination> {
  const place = session.place(target);
  const found = await typeOf(session, place);
  if (found === "directory") {
    const of = (source: Place | undefined): Place => {
      if (source !== undefined) return place.inside(source.name);
      throw new TransportError("is-a-directory", "stdin has no name that it could have in this directory", {
        operation: "put",
        url: place.url,
      });
    };
    return { directory: place, of };
  }
  if (sources > 1 || place.location.directory) {
    const about = { operation: "copy", url: place.url };
    throw found === undefined
      ? new TransportError("not-found", "there is no such directory", { ...about, hint: "Make it with mkdir -p" })
      : new TransportError("not-a-directory", "the target is not a directory", about);
  }
  return { directory: undefined, of: () => place };
}

async function typeOf({ signal }: Session, { transport, path }: Place): Promise<string | undefined> {
  try {
    return (await transport.stat(path, { followLinks: true, signal })).type;
  } catch (error) {
    if (isTransportError(error, "not-found")) return undefined;
    throw error;
  }
}
