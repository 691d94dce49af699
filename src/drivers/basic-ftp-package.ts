import { lazyPackage } from "./lazy-package.ts";

/** What the package exports. */
export type BasicFtp = typeof import("basic-ftp");

/** The package, loaded when the first connection needs it. */
export const loadBasicFtp: () => Promise<BasicFtp> = lazyPackage({
  name: "basic-ftp",
  needs: "ftp: needs",
  load: () => import("basic-ftp"),
});
