import type { ObjectName } from "../../drivers/aws-sdk-objects.ts";
import type { Location } from "../../url/location.ts";

/** The object that a path means, whether or not a slash was written at its end. */
export function objectAt(at: Location): ObjectName {
  return { bucket: at.host, key: at.segments.join("/") };
}

/** What the keys of everything in a directory begin with; empty for the bucket itself. */
export function prefixAt(at: Location): string {
  return at.segments.length === 0 ? "" : `${at.segments.join("/")}/`;
}

/** The empty object that a directory is where nothing else is in it, as the usual tools make it. */
export function markerAt(at: Location): ObjectName {
  return { bucket: at.host, key: prefixAt(at) };
}
