import type { Capabilities } from "../../transport/capabilities.ts";
import { readOnlyCapabilities } from "../../transport/read-only-primitives.ts";

/** What plain HTTP can do. Directories can be listed where the server has an index page for them. */
export const httpCapabilities: Capabilities = {
  ...readOnlyCapabilities,
  listable: true,
  directories: true,
  parallelReads: true,
};
