import { PrimitiveTransport } from "../../transport/primitive-transport.ts";
import type { ReuseVerdict } from "../../transport/reuse.ts";

/** A directory of the local file system. It has no wire: there is nothing to share, to connect or to close. */
export class FileTransport extends PrimitiveTransport {
  clone(path = ""): FileTransport {
    return new FileTransport(this.registry, this.resolve("clone", path), this.primitives);
  }

  reuseConnectionFor(): undefined {
    return undefined;
  }

  explainReuse(): ReuseVerdict {
    return { reuse: false, reason: "local files have no wire that could be shared" };
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  connectionReport(): undefined {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
