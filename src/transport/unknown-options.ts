import type { ConnectionRequest } from "./connection-request.ts";
import { nearest } from "./nearest.ts";
import { allOptionsOf, declarationOf, givenOptions } from "./option-values.ts";

/**
 * Tells the logger of options that no scheme declares, for who has no types to be told by. Those of another scheme are no mistake: options may be the same for
 * all of a program's locations. What is not declared counts as identity all the same: it may be a plug-in's own.
 */
export function warnOfUnknownOptions({ location, options, registry, scheme }: ConnectionRequest): void {
  const { logger } = options;
  if (logger === undefined) return;
  const known = Object.assign({}, ...[...registry.schemes].map(allOptionsOf)) as ReturnType<typeof allOptionsOf>;
  for (const [option] of givenOptions(options, allOptionsOf(scheme))) {
    if (declarationOf(known, option) !== undefined) continue;
    const meant = nearest(option, Object.keys(known));
    logger.warn(
      { url: location.redactedUrl, option, ...(meant === undefined ? {} : { meant }) },
      "no scheme has this option",
    );
  }
}
