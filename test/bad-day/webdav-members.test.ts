import { describe, expect, it } from "vitest";

import type { ErrorCode, Transport } from "../../src/index.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { webdavDays } from "./webdav-day.ts";

const changes: readonly [
  name: string,
  method: string,
  operation: string,
  run: (transport: Transport) => Promise<unknown>,
][] = [
  ["deleteTree", "DELETE", "deleteTree", (transport) => transport.deleteTree("dir")],
  ["delete", "DELETE", "delete", (transport) => transport.delete("file")],
  ["rmdir", "DELETE", "rmdir", (transport) => transport.rmdir("empty")],
  ["rename", "MOVE", "rename", (transport) => transport.rename("dir", "renamed")],
  ["move", "MOVE", "move", (transport) => transport.move("file", "other")],
  ["copy", "COPY", "copy", (transport) => transport.copy("file", "other")],
  ["put", "PUT", "put", (transport) => transport.put("file", "new")],
  ["mkdir", "MKCOL", "mkdir", (transport) => transport.mkdir("new")],
];

const failures: readonly [status: string, code: ErrorCode][] = [
  ["HTTP/1.1 403 Forbidden", "permission-denied"],
  ["HTTP/1.1 423 Locked", "locked"],
  ["HTTP/1.1 507 Insufficient Storage", "no-space"],
  ["HTTP/1.1 500 Internal Server Error", "unexpected"],
  ["HTTP/2 403", "permission-denied"],
];

const document = (...responses: readonly string[]): string =>
  `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${responses.join("")}</D:multistatus>`;
const response = (href: string, status: string): string =>
  `<D:response><D:href>${href}</D:href><D:status>${status}</D:status></D:response>`;

describe("a bad day with dav: what went wrong inside a 207", () => {
  const day = webdavDays();
  const type = { "content-type": "application/xml" };

  describe.each(failures)("%s", (status, code) => {
    it.each(changes)("is what a %s (%s) failed with", async (_name, method, operation, run) => {
      const body = document(response("/dir/fine", "HTTP/1.1 204 No Content"), response("/dir/member", status));
      day().answer(method, { status: 207, headers: type, body });
      const error = await day().failure(run(day().transport()), [code], operation);
      expect(error.message).not.toContain("[protocol-error]");
      await day().works(day().transport());
    });
  });

  it.each<[string, string]>([
    ["no XML", "Done!"],
    ["half of it", document(response("/dir/member", "HTTP/1.1 403 Forbidden")).slice(0, -20)],
    ["nothing", ""],
    ["a status that is none", document(response("/dir/member", "fine"))],
    ["something else", "<html/>"],
  ])("is unknown where the 207 has %s in it", async (_what, body) => {
    for (const [name, method, operation, run] of changes) {
      day().answer(method, { status: 207, headers: type, body });
      const error = await day().failure(run(day().transport()), ["protocol-error"], operation);
      expect(error.code, name).toBe("protocol-error");
    }
    await day().works(day().transport());
  });

  it("is 424 for what failed only because of another: the other one says why", async () => {
    const body = document(
      response("/dir/", "HTTP/1.1 424 Failed Dependency"),
      response("/dir/member", "HTTP/1.1 403 Forbidden"),
    );
    day().answer("DELETE", { status: 207, headers: type, body });
    await day().failure(day().transport().deleteTree("dir"), ["permission-denied"], "deleteTree");
  });

  it("is said of a tree of which some must stay, and it stays", async () => {
    const { tree } = day().server;
    seedTree(tree, "/dir/sub/kept");
    tree.setAttributes("/dir/sub", { mode: 0o555 }, { followLinks: true });
    await day().failure(day().transport().deleteTree("dir"), ["permission-denied"], "deleteTree");
    expect(day().content("/dir/sub/kept")).toBe("content");
  });
});

const lockBody =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>Ann of the third floor</owner></lockinfo>';

describe("a bad day with dav: what somebody else has locked", () => {
  const day = webdavDays();

  async function lockBySomebody(path: string, depth = "infinity"): Promise<void> {
    const answer = await fetch(new URL(path, day().server.url), {
      method: "LOCK",
      headers: { depth, "content-type": "application/xml" },
      body: lockBody,
    });
    expect(answer.status).toBe(200);
  }

  it.each(changes.filter(([name]) => !["rmdir", "deleteTree", "rename"].includes(name)))(
    "is left alone by %s (%s), which says that it is locked",
    async (_name, _method, operation, run) => {
      const before = day().everything();
      await lockBySomebody("/");
      await day().witness.failure(run(day().transport()), { code: "locked", operation, temporary: true, says: /lock/ });
      expect(day().everything()).toEqual(before);
    },
  );

  it("keeps the tree around it from being moved or deleted", async () => {
    await lockBySomebody("/dir/member");
    const transport = day().transport();
    for (const [operation, work] of [
      ["deleteTree", () => transport.deleteTree("dir")],
      ["rename", () => transport.rename("dir", "renamed")],
    ] as const)
      await day().failure(work(), ["locked"], operation);
    expect(day().content("/dir/member")).toBe("of the directory");
  });

  it("can be read", async () => {
    await lockBySomebody("/file");
    expect(String(await day().transport().getBytes("file"))).toBe("the old content");
    expect(await day().transport().stat("file")).toMatchObject({ type: "file", sizeBytes: 15 });
  });
});
