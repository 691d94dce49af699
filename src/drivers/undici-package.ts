import { lazyPackage } from "./lazy-package.ts";

/** What the package exports. */
export type Undici = typeof import("undici");

/** The package, loaded when the first connection needs it. */
export const loadUndici: () => Promise<Undici> = lazyPackage({
  name: "undici",
  needs: "http: and https: need",
  install: "undici@7",
  load: () => import("undici"),
});
