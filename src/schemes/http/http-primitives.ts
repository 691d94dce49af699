import type { Readable } from "node:stream";

import type { SharedConnection } from "../../connection/shared-connection.ts";
import type { HttpRange } from "../../drivers/http-range.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { Operation } from "../../transport/operation.ts";
import type { PartReader, RawEntry, ReadBytesLimits } from "../../transport/primitives.ts";
import { ReadOnlyPrimitives } from "../../transport/read-only-primitives.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Location } from "../../url/location.ts";
import { httpCapabilities } from "./http-capabilities.ts";
import { openStream, readBytes } from "./http-read.ts";
import { HttpRequests } from "./http-requests.ts";
import { statAt } from "./http-stat.ts";
import { listDirectory } from "./list-directory.ts";
import type { ServerMemory } from "./range-reader.ts";
import { RangeReader } from "./range-reader.ts";

/** What `http:` and `https:` do on a connection: they read. */
export class HttpPrimitives extends ReadOnlyPrimitives {
  readonly capabilities: Capabilities = httpCapabilities;
  readonly #requests: HttpRequests;
  readonly #memory: ServerMemory = { ranges: "unknown" };

  constructor(connection: SharedConnection<HttpWire>, request: ConnectionRequest) {
    super();
    this.#requests = new HttpRequests(connection, request);
  }

  statAt(at: Location, _how: unknown, operation: Operation): Promise<Stat> {
    return statAt(this.#requests, this.#requests.place(at), operation);
  }

  listAt(at: Location, operation: Operation): AsyncGenerator<readonly RawEntry[]> {
    return listDirectory(this.#requests, at, operation);
  }

  readAt(at: Location, range: HttpRange, operation: Operation): Promise<Readable> {
    return openStream(this.#requests, this.#requests.place(at), range, operation);
  }

  readBytesAt(at: Location, range: HttpRange, { maxBytes }: ReadBytesLimits, operation: Operation): Promise<Buffer> {
    return readBytes(this.#requests, this.#requests.place(at), range, maxBytes, operation);
  }

  openReaderAt(at: Location, operation: Operation): Promise<PartReader> {
    return Promise.resolve(new RangeReader(this.#requests, this.#memory, at, operation));
  }

  closeOthers(): Promise<void> {
    return this.#requests.closeOthers();
  }
}
