import { once } from "node:events";
import { createServer } from "node:net";

import { beforeEach, describe, expect, it } from "vitest";

import { freePort } from "../servers/free-port.ts";
import { FtpDay, ftpDays } from "./ftp-day.ts";
import { addressAndPort } from "./polite-ftp-scripts.ts";
import { silence, startScriptedFtp } from "./scripted-ftp-server.ts";

it("data connections lead to the server over IPv6, too, for which there is no PASV", async () => {
  const day = new FtpDay(await startScriptedFtp({ host: "::1" }));
  const transport = day.transport();
  await day.works(transport);
  day.server.on("EPSV", "500 What?").on("PASV", "425 Not over IPv6.");
  await day.witness.failure(transport.getBytes("after"), {
    code: "connection-failed",
    operation: "getBytes",
    says: /425/,
  });
  await day.end();
});

describe("a bad day with ftp: where data connections lead", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", Buffer.from("content"));
  });

  it.each<[string, (port: number) => string]>([
    ["PASV", (port) => `227 Come to (${addressAndPort("127.0.0.2", port)})`],
    ["PASV", (port) => `227 Come to (${addressAndPort("8.8.8.8", port)})`],
    ["PASV", (port) => `227 Come to ${addressAndPort("0.0.0.0", port)}`],
    ["EPSV", (port) => `229 Come to (|1|127.0.0.2|${port}|)`],
  ])("a %s that names another host leads to the server, or nowhere, and never there", async (verb, answer) => {
    const { server, witness } = day();
    const elsewhere = createServer((socket) => socket.end("from elsewhere"));
    let visits = 0;
    elsewhere.on("connection", () => visits++);
    if (verb === "PASV") server.on("EPSV", "500 What?");
    server.on(
      verb,
      async (session) => {
        const port = await session.passive();
        elsewhere.listen(port, "127.0.0.2");
        await once(elsewhere, "listening");
        await session.reply(answer(port));
      },
      1,
    );
    const transport = day().transport();
    const work = transport.getBytes("file");
    // RFC 2428 has no place for a host: it is not a question of where to go.
    if (verb === "EPSV")
      await witness.failure(work, { code: "protocol-error", operation: "getBytes", says: /names no port/ });
    else expect(String(await work)).toBe("content");
    elsewhere.close();
    await once(elsewhere, "close");
    expect(visits).toBe(0);
    await day().works(transport);
  });

  it("a data connection that is reset as soon as it is made was lost: what is read is asked for again", async () => {
    const { server } = day();
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await transport.connect();
    server.on(
      "EPSV",
      async (session) => {
        const port = await session.passive();
        void session.bareData().then((socket) => socket.resetAndDestroy());
        await session.reply(`229 Come to (|||${port}|)`);
      },
      1,
    );
    server.on("RETR", silence, 1);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(server.accepted).toBe(2);
    await day().works(transport);
  });

  it.each(["500 What?", "501 What?", "502 Not here.", "504 Not that.", "522 Not that protocol."])(
    "EPSV that is refused with %j is PASV from then on, on later connections too",
    async (reply) => {
      const { server } = day();
      server.on("EPSV", reply);
      const transport = day().transport();
      expect(String(await transport.getBytes("file"))).toBe("content");
      await transport.disconnect();
      expect(String(await transport.getBytes("file"))).toBe("content");
      expect([server.count("EPSV"), server.count("PASV")]).toEqual([1, 2]);
      await day().works(transport);
    },
  );

  it.each<[string, string, "unsupported" | "connection-failed"]>([
    ["500 What?", "502 Not here.", "unsupported"],
    ["502 Not here.", "425 No ports left.", "connection-failed"],
  ])("EPSV refused with %j and PASV with %j is told, and sends nothing", async (epsv, pasv, code) => {
    const { server, witness } = day();
    server.on("EPSV", epsv).on("PASV", pasv);
    const transport = day().transport();
    await witness.failure(transport.getBytes("file"), {
      code,
      operation: "getBytes",
      says: new RegExp(pasv.slice(0, 3)),
    });
    await witness.failure(transport.put("x", "y"), { code, operation: "put", says: new RegExp(pasv.slice(0, 3)) });
    expect([server.count("RETR"), server.count("STOR"), server.dataAccepted]).toEqual([0, 0, 0]);
    expect(await transport.has("file")).toBe(true);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  const nonsense = [
    "227 Come to (127,0,0,1,0,0)",
    "227 Come to (127,0,0,1,256,1)",
    "227 Come to (127,0,0,1,999,999)",
    "227 Come to (127,0,0,1,1)",
    "227 Come to (a,b,c,d,e,f)",
    "227 Come in.",
    "229 Come to (|||0|)",
    "229 Come to (|||65536|)",
    "229 Come to (|||99999999999|)",
    "229 Come to (||||)",
    "229 Come to (|||-1|)",
    "229 Come to (|||1e3|)",
    "229 Come to (!|!80!)",
    "229 Come in.",
    "200 Come to (|||80|)",
  ];
  it.each(nonsense)("%j is protocol-error, and nobody is connected to", async (reply) => {
    const { server, witness } = day();
    if (reply.startsWith("227")) server.on("EPSV", "500 What?").on("PASV", reply);
    else server.on("EPSV", reply);
    const transport = day().transport();
    await witness.failure(transport.getBytes("file"), {
      code: "protocol-error",
      operation: "getBytes",
      says: /port|EPSV/,
    });
    expect(server.count("RETR")).toBe(0);
    await day().works(transport);
  });

  it.each([
    "229 Entering (|||%|)",
    "229-Long\n229 Entering (|||%|).",
    "229 (!!!%!)",
    "229 Entering Extended Passive Mode (|||%|)",
  ])("%j is understood", async (reply) => {
    const { server } = day();
    server.on("EPSV", async (session) => session.reply(reply.replace("%", `${await session.passive()}`)));
    await day().works(day().transport());
  });

  it.each(["227 Come to (%)", "227 Come to %", "227 =%", "227 Come to (%"])("%j is understood", async (reply) => {
    const { server } = day();
    server.on("EPSV", "500 What?");
    server.on("PASV", async (session) =>
      session.reply(reply.replace("%", addressAndPort("127.0.0.1", await session.passive()))),
    );
    await day().works(day().transport());
  });

  it.each(["425 You did not come.", "426 You did not come."])(
    "a port at which nobody listens is told with the way out, and the session goes on after %j",
    async (reply) => {
      const { server, witness } = day();
      const port = await freePort();
      server.on("EPSV", `229 Come to (|||${port}|)`);
      server.on("RETR", reply);
      const transport = day().transport({ silenceTimeoutMs: 5_000 });
      await witness.failure(transport.getBytes("file"), {
        code: reply.startsWith("425") ? "connection-failed" : "connection-lost",
        operation: "getBytes",
        temporary: true,
        says: new RegExp(reply.slice(0, 3)),
      });
      await day().works(transport);
    },
  );

  it("a port at which nobody listens, and a server that waits for a visit, is told within its limit", async () => {
    const { server, witness } = day();
    server.on("EPSV", `229 Come to (|||${await freePort()}|)`);
    server.on("RETR", ({ closed }) => closed);
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await witness.failure(transport.getBytes("file"), {
      code: "connection-failed",
      operation: "getBytes",
      temporary: true,
      says: /no data connection.*nothing listens there.*passive ports/,
    });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("a refused transfer gives up the connection that was made for it", async () => {
    const { server } = day();
    const transport = day().transport();
    for (let n = 0; n < 5; n++)
      await expect(transport.getBytes(`missing ${n}`)).rejects.toMatchObject({ code: "not-found" });
    for (const session of server.sessions) session.drain();
    await expect.poll(() => server.dataOpen).toBe(0);
    expect(server.accepted).toBe(1);
  });
});
