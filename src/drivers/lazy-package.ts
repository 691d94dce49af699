import { TransportError } from "../errors/transport-error.ts";

/** What a package is needed for, and how it is got where it is not there. */
export interface LazyPackage<Package> {
  readonly name: string;
  /** Begins the message: `sftp: needs`. */
  readonly needs: string;
  /** What npm is told to install. Default: the name. */
  readonly install?: string;
  readonly load: () => Promise<Package>;
}

/** A function that loads a package when it is first called, once, and again only after it failed. It then rejects with `missing-driver`. */
export function lazyPackage<Package>({
  name,
  needs,
  install = name,
  load,
}: LazyPackage<Package>): () => Promise<Package> {
  let loading: Promise<Package> | undefined;
  const loadOnce = async (): Promise<Package> => {
    try {
      return await load();
    } catch (cause) {
      loading = undefined;
      const reason = isAbsent(cause) || !(cause instanceof Error) ? "" : `: ${cause.message}`;
      throw new TransportError("missing-driver", `${needs} the package ${name}, which cannot be loaded${reason}`, {
        hint: `Install it: npm install ${install}`,
        cause,
      });
    }
  };
  return () => (loading ??= loadOnce());
}

/** Whether a package is simply not there, which the hint says how to mend. */
function isAbsent(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
