import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** A server in front of another, which hands on what is asked and may say in the end that it failed. */
export interface FailingFront {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What becomes of the answers from now on: with a status, what was asked is done, and that status is said of it. */
  fail(status: (asked: { readonly method: string; readonly target: string }) => number | undefined): void;
  close(): Promise<void>;
}

/** Stands in front of the server at a URL. Hands everything on as it is, until it is told otherwise. */
export async function startFailingFront(behind: string): Promise<FailingFront> {
  const { hostname, port } = new URL(behind);
  let statusOf: Parameters<FailingFront["fail"]>[0] = () => undefined;
  const server = createServer((asked, answer) => {
    const { method = "", url: path = "", headers } = asked;
    const status = statusOf({ method, target: path });
    // With the name that was asked for, which a signature covers.
    const onward = request({ host: hostname, port, method, path, headers, agent: false }, (answered) => {
      if (status === undefined) {
        answer.writeHead(answered.statusCode ?? 0, answered.headers);
        return void answered.pipe(answer);
      }
      answered.resume().once("end", () => answer.writeHead(status).end());
    });
    onward.once("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (status) => void (statusOf = status),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
