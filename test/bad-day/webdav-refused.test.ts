import { describe } from "vitest";

import { examineAll } from "./webdav-phases.ts";

const inner = (status: string): string =>
  `<multistatus xmlns="DAV:"><response><href>/dir/member</href><status>HTTP/1.1 ${status}</status></response></multistatus>`;

describe("a bad day with dav: a refusal", () => {
  examineAll({
    "the server fails": { reaction: { status: 500 }, codes: ["unexpected"] },
    "the server forbids it": { reaction: { status: 403 }, codes: ["permission-denied"] },
    "the server forbids it within a 207": {
      reaction: { status: 207, headers: { "content-type": "application/xml" }, body: inner("403 Forbidden") },
      codes: ["permission-denied", "protocol-error"],
    },
    "the server wants a password": {
      reaction: { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } },
      codes: ["authentication-failed"],
    },
    "it is locked": { reaction: { status: 423 }, codes: ["locked"] },
    "there is no space": { reaction: { status: 507 }, codes: ["no-space"] },
    "the server is overworked for an hour": {
      reaction: { status: 503, headers: { "retry-after": "3600" } },
      codes: ["too-many-connections"],
    },
  });
});
