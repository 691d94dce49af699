import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

import type { ServerPlace } from "./server-process.ts";
import { listening, preparePlace, programPath, ServerProcess, startChild } from "./server-process.ts";

/** OpenStack Swift with its S3 interface, which checks signatures: proxy, account, container and object server in one process. */
export class S3Server extends ServerProcess {
  readonly accessKeyId = "samewire:tester";
  readonly secretAccessKey: string;
  readonly region = "us-east-1";

  constructor(child: ChildProcess, place: ServerPlace, secretAccessKey: string) {
    super(child, place);
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

  protected isListening(): boolean {
    return this.log.includes("wsgi starting up");
  }
}

/** Starts Swift in a temporary folder and waits, some seconds, until it listens. Rejects where it is not installed or says that it cannot. */
export async function startS3(): Promise<S3Server> {
  programPath("swift");
  const place = await preparePlace("swift");
  const script = fileURLToPath(new URL("s3-server.py", import.meta.url));
  const secret = randomBytes(16).toString("hex");
  // Debian's packages are those of Debian's Python.
  const child = await startChild("/usr/bin/python3", [script], {
    SWIFT_FOLDER: place.folder,
    SWIFT_PORT: String(place.port),
    SWIFT_SECRET: secret,
  });
  return listening(new S3Server(child, place, secret));
}
