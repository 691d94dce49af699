import { describe, expect, it } from "vitest";

import type { Script } from "./scripted-ftp-server.ts";
import { drip, endless, forEver, silence } from "./scripted-ftp-server.ts";
import { ftpDays } from "./ftp-day.ts";

describe("a bad day with ftp: replies", () => {
  const day = ftpDays();

  it.each<[string, string]>([
    ["a line", "220 Good day, "],
    ["a reply of many lines", "220-Good day,\r\n"],
    ["bytes that mean nothing", "\0\xff"],
  ])("%s without end for a greeting is an error within the connect limit", async (_name, piece) => {
    const { server, witness } = day();
    server.on("greeting", forEver(piece));
    const transport = day().transport();
    await witness.failure(transport.getBytes("x"), { code: "protocol-error", operation: "getBytes", says: /end|FTP/ });
    expect(server.count("USER")).toBe(0);
    await day().works(transport);
  });

  it.each(["HTTP/1.1 400", "\x16\x03\x01", "25x", "9", "220_"])(
    "%j, without the end of a line, is an answer to nobody: protocol-error at once",
    async (bytes) => {
      const { server, witness } = day();
      const transport = day().transport({ silenceTimeoutMs: 20_000 });
      await transport.connect();
      server.on("MLST", async (session) => {
        await session.write(bytes);
        await silence(session);
      });
      await witness.failure(transport.stat("x"), {
        code: "protocol-error",
        operation: "stat",
        says: /does not speak FTP/,
      });
      await day().works(transport);
      expect(server.accepted).toBe(2);
    },
  );

  it("empty lines without end are no answer, and timeout", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MLST", forEver("\r\n"));
    await witness.failure(transport.stat("x"), { code: "timeout", operation: "stat", says: /said nothing/ });
    server.on("greeting", forEver("\r\n"));
    await witness.failure(transport.stat("x"), { code: "timeout", operation: "connect", says: /handshake/ });
    await day().works(transport);
  });

  it.each<[string, string]>([
    ["a line", "250 Facts, "],
    ["a reply of many lines", "250-Facts:\r\n"],
    ["a reply of long lines", `250-${"facts ".repeat(1_000)}\r\n`],
  ])("%s without end for an answer is protocol-error, and the wire is dropped", async (_name, piece) => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MLST", forEver(piece));
    await witness.failure(transport.stat("x"), { code: "protocol-error", operation: "stat", says: /has no end/ });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("empty lines without end inside an answer are protocol-error", async () => {
    const { server, witness } = day();
    const transport = day().transport({ silenceTimeoutMs: 20_000 });
    await transport.connect();
    server.on("MLST", async (session) => {
      await session.reply("250-Facts:");
      await endless("\r\n", session);
    });
    await witness.failure(transport.stat("x"), { code: "protocol-error", operation: "stat", says: /has no end/ });
    await day().works(transport);
  });

  it("preliminary answers without end are none: protocol-error", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RETR", forEver("150 Here it comes.\r\n")).on("MKD", forEver("125 Here it comes.\r\n"));
    const failure = { code: "protocol-error", says: /answered (?:RETR|MKD) with: 1/ } as const;
    await witness.failure(transport.getBytes("x"), { ...failure, operation: "getBytes" });
    await witness.failure(transport.mkdir("x"), { ...failure, operation: "mkdir", effect: "unknown" });
    await day().works(transport);
  });

  it("an answer of many lines that comes to an end is one answer", async () => {
    const { server } = day();
    server.on(
      "MLST",
      `250-Facts:\n${" 250 type=file; this line is indented\n".repeat(5)}250-type=file\n type=dir; /\n250 End.`,
    );
    const transport = day().transport();
    expect(await transport.has("x")).toBe(true);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it.each([
    "000 nothing",
    "999 everything",
    "099 too few",
    "600 too many",
    "20 short",
    "2 00",
    "OK",
    "2x0 letters",
    "-200 minus",
    "200~tilde",
  ])("an answer that is %j is protocol-error, is never an answer, and the wire is dropped", async (reply) => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MKD", reply);
    await witness.failure(transport.mkdir("x"), {
      code: "protocol-error",
      operation: "mkdir",
      effect: "unknown",
      says: /FTP/,
    });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it.each([
    "000 hello",
    "HTTP/1.1 400 Bad Request",
    "SSH-2.0-OpenSSH_9.2",
    "<html>",
    "+OK POP3 ready",
    "* OK IMAP4 ready",
  ])("a greeting that is %j says that no FTP server is there", async (reply) => {
    const { server, witness } = day();
    server.on("greeting", reply);
    const transport = day().transport();
    await witness.failure(transport.stat("x"), {
      code: "protocol-error",
      operation: "stat",
      says: /does not speak FTP.*Check the port and the scheme/,
    });
    expect(server.count("USER")).toBe(0);
    await day().works(transport);
  });

  it("a server that sends every reply a byte at a time is understood", async () => {
    const { server } = day();
    const slowly: Record<string, string> = {
      greeting: "220-Good day.\r\n220 Go.\r\n",
      USER: "331 And the password?\r\n",
      PASS: "230-Come in.\r\n 230 Not yet.\r\n230 Now.\r\n",
      FEAT: "211-I know:\r\n EPSV\r\n MLST type*;size*;\r\n UTF8\r\n211 End.\r\n",
      OPTS: "200 As you like.\r\n",
      TYPE: "200 As you like.\r\n",
      MLST: "250-Facts:\r\n type=file;size=7; /x\r\n250 End.\r\n",
    };
    for (const [verb, bytes] of Object.entries(slowly)) server.on(verb, drip(bytes));
    const transport = day().transport({ connectTimeoutMs: 20_000 });
    expect(await transport.stat("x")).toMatchObject({ type: "file", sizeBytes: 7 });
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("a reply that the network cuts in two is one reply, wherever it is cut", async () => {
    const { server } = day();
    const bytes = "250-Facts:\r\n type=file;size=7; /x\r\n250 End.\r\n";
    const transport = day().transport();
    await transport.connect();
    for (let at = 1; at < bytes.length; at++) {
      server.on("MLST", async (session) => {
        await session.write(bytes.slice(0, at));
        await new Promise((resolve) => setImmediate(resolve));
        await session.write(bytes.slice(at));
      });
      expect(await transport.stat("x")).toMatchObject({ type: "file", sizeBytes: 7 });
    }
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("line ends of a bare LF, and an empty line behind a reply, are understood", async () => {
    const { server } = day();
    server.on("MLST", (session) => session.write("250-Facts:\n type=file;size=7; /x\n250 End.\n\r\n"));
    const transport = day().transport();
    expect(await transport.stat("x")).toMatchObject({ type: "file", sizeBytes: 7 });
    expect(await transport.stat("x")).toMatchObject({ type: "file", sizeBytes: 7 });
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("the two replies to a transfer may come in one packet, before its data", async () => {
    const { server } = day();
    const content = Buffer.alloc(300_000, "x");
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.\n226 That was it.");
      (await session.data()).resume().end(content);
    });
    const transport = day().transport();
    expect((await transport.getBytes("x")).equals(content)).toBe(true);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it.each<[string, Script]>([
    ["two replies to one command", "257 Made.\n257 Made."],
    ["a second reply that comes later", later("250 And one more.")],
    ["half a reply that nobody asked for", later("25", false)],
    ["the beginning of a long reply", "257 Made.\n250-And"],
  ])("%s: the answer counts, what follows is never taken for the next one's answer", async (_name, script) => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MKD", script, 1);
    await transport.mkdir("x");
    await expect.poll(() => day().scope.report().connections[0]?.wiresOpen).toBe(0);
    await expect(transport.stat("missing")).rejects.toMatchObject({ code: "not-found" });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it.each(["250 Deleted.", "226 That was it.", "150 Here it comes.", "550 No."])(
    "an unasked %j between two operations makes the wire one that is not trusted",
    async (reply) => {
      const { server } = day();
      const transport = day().transport();
      await transport.stat("");
      await server.sessions[0]?.reply(reply);
      await expect.poll(() => day().scope.report().connections[0]?.wiresOpen).toBe(0);
      await expect(transport.delete("missing")).rejects.toMatchObject({ code: "not-found" });
      await day().works(transport);
      expect(server.accepted).toBe(2);
    },
  );

  it("an answer that is sent along with the one before is never the answer to the next command", async () => {
    const { server } = day();
    server.files.set("/kept", Buffer.from("content"));
    const transport = day().transport();
    await transport.connect();
    // "Not there", and at once, for whatever comes: "done".
    server.on("MLST", "550 Nothing there.\n250 Gone.", 1);
    expect(await transport.has("x")).toBe(false);
    await transport.delete("kept");
    expect(server.files.has("/kept")).toBe(false);
    expect(server.accepted).toBe(2);
  });

  it.each([
    "331 And the password?",
    "227 Come to (127,0,0,1,1,1)",
    "350 To what?",
    "125 Here it comes.\n220 Good day.",
  ])("%j is no answer to DELE: protocol-error, and the wire is dropped", async (reply) => {
    const { server, witness } = day();
    server.files.set("/file", Buffer.from("content"));
    const transport = day().transport();
    await transport.connect();
    server.on("DELE", reply);
    await witness.failure(transport.delete("file"), {
      code: "protocol-error",
      operation: "delete",
      effect: "unknown",
      says: /DELE/,
    });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("a transfer that is said to be over before there is any data is not over: timeout", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RETR", "226 That was it.");
    await witness.failure(transport.getBytes("file"), { code: "timeout", operation: "getBytes", says: /said nothing/ });
    await day().works(transport);
  });

  it("many lines and control characters in a refusal are one clean line in the message", async () => {
    const { server, witness } = day();
    server.on("MKD", `553-\x1b[31mNo.\n\x07${"why ".repeat(500)}\n553 End.`);
    const transport = day().transport();
    const error = await witness.failure(transport.mkdir("x"), {
      code: "permission-denied",
      operation: "mkdir",
      says: /553 /,
    });
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(500);
    await day().works(transport);
  });

  it("a server that goes on talking after its goodbye harms nobody", async () => {
    const { server } = day();
    server.on("QUIT", "221-Goodbye.\n221 Now.\n250 And another thing.");
    const transport = day().transport();
    await transport.stat("");
    await transport.disconnect();
    await day().works(transport);
  });
});

/** An answer, and something more after a while. */
function later(text: string, line = true): Script {
  return async (session) => {
    await session.reply("257 Made.");
    setTimeout(() => void (line ? session.reply(text) : session.write(text)), 20);
  };
}
