import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { isTransportError } from "../../src/index.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { httpDays, password, patient } from "../bad-day/http-day.ts";
import { answer, startScriptedHttp } from "../bad-day/scripted-http-server.ts";
import { startOpenProxy } from "../bad-day/scripted-proxy.ts";

describe("what was found in undici, tried on samewire:", () => {
  const day = httpDays();

  it.each(["content-length", "Content-Length", "CONTENT-LENGTH", "transfer-encoding", "Host", "connection"])(
    "CVE-2026-1525: a caller's own %s does not say where a request ends, or whose it is",
    async (name) => {
      const { server } = day();
      const given: TransportOptions = { http: { headers: { [name]: "5" } }, ...patient };
      const outcome: unknown = await Promise.resolve()
        .then(() => day().transport(given).getBytes("file"))
        .catch((reason: unknown) => reason);
      if (outcome instanceof Error) expect(isTransportError(outcome, "unsupported"), String(outcome)).toBe(true);
      for (const { headers } of server.requests) expect(headers.get(name.toLowerCase())).not.toBe("5");
    },
  );

  const lineEnds = [
    "a\r\nX-Smuggled: 1",
    "a\nX-Smuggled: 1",
    "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    "a\0b",
  ];
  it("CVE-2026-1527, CVE-2026-9679, CVE-2026-15157, CVE-2022-31150, CVE-2022-35948: a line end in a header, its name, a token, a user or a path is no request of its own", async () => {
    const { server } = day();
    for (const text of lineEnds) {
      const attempts: (() => Promise<unknown>)[] = [
        () =>
          day()
            .transport({ http: { headers: { "X-Mine": text } } })
            .getBytes("file"),
        () =>
          day()
            .transport({ http: { headers: { [text]: "mine" } } })
            .getBytes("file"),
        () =>
          day()
            .transport({ http: { bearerToken: text } })
            .getBytes("file"),
        () =>
          day()
            .transport({ http: { askBearerToken: () => text } })
            .getBytes("file"),
        () =>
          day()
            .transport({ http: { authorization: text } })
            .getBytes("file"),
        () => day().transport({ user: text, password }).getBytes("file"),
        () => day().transport().getBytes(text),
        () => day().transport().clone(text).getBytes("file"),
        () =>
          day()
            .transport({}, `${server.url}${encodeURIComponent(text)}/`)
            .getBytes("file"),
      ];
      for (const attempt of attempts) {
        const outcome: unknown = await Promise.resolve()
          .then(attempt)
          .catch((reason: unknown) => reason);
        expect(isTransportError(outcome), `${String(outcome)} for ${JSON.stringify(text)}`).toBe(true);
      }
    }
    for (const { target, headers } of server.requests) {
      expect(target).not.toContain("smuggled");
      expect(headers.has("x-smuggled")).toBe(false);
    }
  });

  it.each(["//elsewhere.example/x", "http://elsewhere.example/x", "@elsewhere.example/x", "\\\\elsewhere.example\\x"])(
    "CVE-2022-35949: a path that could be a URL, %s, is a path on the same server",
    async (path) => {
      const { server } = day();
      expect(String(await day().transport(patient).clone("below").getBytes(path))).toBe("content");
      expect(server.requests.length).toBe(1);
      for (const { target, headers } of server.requests) {
        expect(target).toMatch(/^\/[^/\\]/);
        expect(`http://${headers.get("host")}/`).toBe(server.url);
      }
    },
  );

  it("CVE-2026-6733, CVE-2026-16728: an answer that comes before its request is nobody's", async () => {
    const { server } = day();
    const transport = day().transport(patient);
    const [first, evil] = ["first", "evil!"].map((body) => answer("200 OK", ["Content-Length: 5"], body));
    server.on((socket) => socket.write(Buffer.concat([first ?? "", evil ?? ""].map((bytes) => Buffer.from(bytes)))), 1);
    expect(String(await transport.getBytes("file"))).toBe("first");
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("CVE-2026-22036: an answer that is said to be compressed a thousand times is given as it came", async () => {
    const { server } = day();
    const layers = `Content-Encoding: ${Array.from({ length: 1_000 }, () => "gzip").join(", ")}`;
    server.on(answer("200 OK", [layers, "Content-Length: 5"], "first"), 1);
    const outcome: unknown = await day()
      .transport(patient)
      .getBytes("file")
      .catch((reason: unknown) => reason);
    if (outcome instanceof Error) expect(isTransportError(outcome), String(outcome)).toBe(true);
    else expect(String(outcome)).toBe("first");
  });

  it("CVE-2022-31151, CVE-2023-45143, CVE-2024-24758, CVE-2024-30260: what is secret does not go along to another origin", async () => {
    const { server } = day();
    await using elsewhere = await startScriptedHttp();
    server.on(answer("302 Found", [`Location: ${elsewhere.url}file`, "Content-Length: 0"]));
    const given: TransportOptions = {
      http: { headers: { cookie: "session=1", "x-api-key": "1" } },
    };
    const transport = day().transport({ ...patient, ...given, user: "joe", password });
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(elsewhere.requests.length).toBeGreaterThan(0);
    for (const { headers } of elsewhere.requests)
      for (const name of ["cookie", "proxy-authorization", "authorization", "x-api-key"])
        expect(headers.has(name), name).toBe(false);
  });

  it("CVE-2026-9697, CVE-2026-6734: behind a proxy a server is verified as without one, and each origin has its own connection", async () => {
    const [known, unknown] = await Promise.all([generateTlsIdentity(), generateTlsIdentity()]);
    await using trusted = await startHttpServer({ tls: known });
    await using stranger = await startHttpServer({ tls: unknown });
    await using proxy = await startOpenProxy();
    const given: TransportOptions = { ...patient, proxy: proxy.url(), tls: { ca: known.cert } };
    expect(await collect(day().transport(given, trusted.url).list(""))).toEqual([]);
    const error: unknown = await day()
      .transport(given, stranger.url)
      .stat("")
      .catch((reason: unknown) => reason);
    expect(isTransportError(error, "tls-failed"), String(error)).toBe(true);
    expect([trusted.requests.length > 0, stranger.requests.length]).toEqual([true, 0]);
  });

  it.each(['max-age="', "no-cache=", `private="${"x".repeat(10_000)}`, "max-age=99999999999999999999", "=,=,="])(
    "CVE-2026-13697, CVE-2026-14643: nothing is kept for another request, whatever Cache-Control says (%#)",
    async (said) => {
      const { server } = day();
      const transport = day().transport(patient);
      for (const body of ["first", "other"]) {
        server.on(answer("200 OK", [`Cache-Control: ${said}`, "Content-Length: 5"], body), 1);
        expect(String(await transport.getBytes("file"))).toBe(body);
      }
    },
  );

  it("CVE-2026-9678, CVE-2026-11525, CVE-2026-16729: a cookie that a server sets is sent to nobody", async () => {
    const { server } = day();
    const transport = day().transport(patient);
    server.on(answer("200 OK", ["Set-Cookie: session=1; Domain=127.0.0.1; Path=/", "Content-Length: 5"], "first"), 1);
    await transport.getBytes("file");
    await transport.getBytes("file");
    for (const { headers } of server.requests) expect(headers.has("cookie")).toBe(false);
  });
});
