import { describe } from "vitest";

import { examineAll } from "./webdav-phases.ts";

describe("a bad day with dav: a connection", () => {
  examineAll({
    "nothing is said": { reaction: "silence", codes: ["timeout"] },
    "the connection is cut": { reaction: "drop", codes: ["connection-lost"] },
    "the connection is cut when all is done": { reaction: "drop-after", codes: ["connection-lost"] },
  });
});
