import { lazyPackage } from "./lazy-package.ts";

/** What the package exports. */
export type AwsSdk = typeof import("@aws-sdk/client-s3");

/** The package, which is the user's to install, loaded when the first request needs it. */
export const loadAwsSdk: () => Promise<AwsSdk> = lazyPackage({
  name: "@aws-sdk/client-s3",
  needs: "s3: needs",
  load: () => import("@aws-sdk/client-s3"),
});
