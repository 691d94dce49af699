import type { Socket } from "node:net";

import { TransportError } from "../errors/transport-error.ts";
import { parseChallenges } from "./http-challenge.ts";
import { refusedByProxy, saidByProxy } from "./proxy-errors.ts";
import { listenUntilAnswered } from "./proxy-negotiation.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import { authorityOf, proxyAuthorization } from "./proxy-target.ts";
import type { ProxiedTarget } from "./proxy.ts";

/** Bytes of the head of an answer. Those of real proxies have some hundred. */
const maxHeadBytes = 16 * 1024;

/** Has an HTTP proxy connect a socket with a target (RFC 9110, 9.3.6). */
export async function connectByRequest(socket: Socket, target: ProxiedTarget, signal: AbortSignal): Promise<void> {
  const { host, port, proxy, begins } = target;
  const authority = authorityOf(host, port);
  const authorization = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    "User-Agent: samewire",
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  let received: Buffer = Buffer.alloc(0);
  const answer = await listenUntilAnswered(socket, signal, (bytes) => {
    received = Buffer.concat([received, bytes]);
    for (;;) {
      const end = received.indexOf("\r\n\r\n");
      const head = received.toString("latin1", 0, end < 0 ? maxHeadBytes : end);
      // What begins otherwise, or is no text, may never have an end.
      if (!beginsAs(head, "HTTP/1.") || unspeakable.test(head))
        throw strange("it does not answer as an HTTP proxy does");
      if ((end < 0 ? received.length : end) > maxHeadBytes) throw strange("the head of its answer has no end");
      if (end < 0) return undefined;
      const result = parseHead(head);
      received = received.subarray(end + 4);
      // What comes before the answer (103 Early Hints) is not the answer.
      if (result.status >= 200) return { result, rest: received };
    }
  });
  if (answer.status >= 300) throw refusal(answer, authority, proxy);
  // Before TLS nobody has said anything that could be believed (CVE-2009-3555 and its like).
  if (begins === "we" && received.length > 0) throw strange("it sent more than it was asked for");
}

/** Whether something is the beginning of a text, or begins with all of it. */
function beginsAs(heard: string, text: string): boolean {
  return text.startsWith(heard.slice(0, text.length));
}

/** Control characters that no head has. */
const unspeakable = /[\0-\u0008\v\f\u000e-\u001f\u007f]/;

interface Head {
  readonly status: number;
  readonly reason: string;
  /** The lines behind the first. */
  readonly fields: readonly string[];
}

function parseHead(text: string): Head {
  const [line = "", ...fields] = text.split("\r\n");
  const [, status, reason = ""] = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: (.*))?$/s.exec(line) ?? [];
  if (status === undefined) throw strange("it does not answer as an HTTP proxy does");
  return { status: Number(status), reason, fields };
}

function strange(reason: string): TransportError {
  return new TransportError("protocol-error", reason, {
    hint: "Check the port, and that an HTTP proxy is there",
  });
}

function refusal({ status, reason, fields }: Head, authority: string, proxy: ProxyTarget): TransportError {
  // Tinyproxy answers wrong credentials with 401. To a CONNECT it is the proxy who answers, whatever the number.
  if (status === 407 || status === 401) return refusedByProxy(proxy, schemesOf(fields));
  const said = saidByProxy(reason, proxy);
  const words = said === "" ? String(status) : `${status} ${said}`;
  if (status >= 500) {
    return new TransportError("connection-failed", `it could not connect to ${authority}: ${words}`, {
      temporary: true,
      hint: "Check the host and the port; the proxy may not know the one or not reach the other",
    });
  }
  return new TransportError("connection-failed", `it refuses to connect to ${authority}: ${words}`, {
    hint: "Ask whoever runs the proxy whether it may connect there, or pass proxy: null to connect without it",
  });
}

/** The kinds of authentication that a proxy offers, in lower case. */
function schemesOf(fields: readonly string[]): string[] {
  const values = fields.flatMap((field) => /^(?:proxy|www)-authenticate:(.*)$/i.exec(field)?.[1] ?? []);
  return parseChallenges(values.join(", ")).map(({ scheme }) => scheme);
}
