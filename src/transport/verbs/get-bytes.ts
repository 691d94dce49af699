import { constants } from "node:buffer";

import { isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { isRepeated } from "../repetition.ts";
import type { GetBytesOptions } from "../verb-options.ts";
import { checkRange } from "./check-arguments.ts";
import { readAll } from "./read-all.ts";

/** A file, or a range of it, in memory. */
export async function getBytes(
  primitives: Primitives,
  at: Location,
  options: GetBytesOptions,
  operation: Operation,
): Promise<Buffer> {
  const { offset = 0, length, maxBytes = constants.MAX_LENGTH, expectedBytes } = options;
  const range = { offset, length };
  checkRange(range);
  const whole = primitives.readBytesAt?.(at, range, { maxBytes, expectedBytes }, operation);
  if (whole !== undefined) return await whole;
  const read = async (): Promise<Buffer> => readAll(await primitives.readAt(at, range, operation), maxBytes);
  return await read().catch((error: unknown) => {
    if (isRepeated("getBytes") && isTransportError(error, "connection-lost")) return read();
    throw error;
  });
}
