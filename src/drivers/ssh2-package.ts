import { lazyPackage } from "./lazy-package.ts";

/** What the package exports. */
export type Ssh2 = typeof import("ssh2");

/** The package, loaded when the first connection or key needs it. */
export const loadSsh2: () => Promise<Ssh2> = lazyPackage({
  name: "ssh2",
  needs: "sftp: needs",
  load: async () => (await import("ssh2")).default,
});
