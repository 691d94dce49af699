import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

import { programPath, RealServer } from "./real-server.ts";
import type { ServerProcess } from "./server-process.ts";
import { startServerProcess } from "./server-process.ts";

/** OpenStack Swift with its S3 interface, which checks signatures: proxy, account, container and object server in one process. */
export class S3Server extends RealServer {
  readonly accessKeyId = "samewire:tester";
  readonly secretAccessKey: string;
  readonly region = "us-east-1";

  constructor(process: ServerProcess, secretAccessKey: string) {
    super(process);
    this.secretAccessKey = secretAccessKey;
  }

  /** Connections that it accepted. */
  get accepted(): number {
    return this.count(/^\(\d+\) accepted /gm);
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.count(/^opened /gm) - this.count(/^closed /gm);
  }

  /** What was asked for and how it was answered, such as `PUT /bucket/key 200`. */
  get requests(): readonly string[] {
    return [...this.log.matchAll(/"(\S+ \S+) HTTP\/1\.\d" (\d{3})/g)].map(
      ([, request = "", status = ""]) => `${request} ${status}`,
    );
  }

  /** Buckets are path segments: it has no host names for them. */
  get endpoint(): string {
    return this.url();
  }

  url(path = "", port: number = this.port): string {
    return `http://127.0.0.1:${port}${path}`;
  }
}

/** Starts Swift in a temporary folder and waits, a second or more, until it listens. Rejects where it is not installed or says that it cannot. */
export async function startS3(): Promise<S3Server> {
  programPath("swift");
  const secret = randomBytes(16).toString("hex");
  const script = fileURLToPath(new URL("s3-server.py", import.meta.url));
  const server = await startServerProcess({
    name: "swift",
    // Debian's packages are those of Debian's Python.
    command: ({ folder, port }) => Promise.resolve(["/usr/bin/python3", script, folder, String(port), secret]),
  });
  return new S3Server(server, secret);
}
