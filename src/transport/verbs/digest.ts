import { createHash } from "node:crypto";

import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import type { Operation } from "../operation.ts";
import type { Primitives } from "../primitives.ts";
import { isRepeated } from "../repetition.ts";
import type { DigestAlgorithm } from "../verb-options.ts";

const hexLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha1: 40, md5: 32 };

/** A digest of a file's content: the server's own where it has one, else computed from a stream of it. */
export async function digest(
  primitives: Primitives,
  at: Location,
  algorithm: DigestAlgorithm,
  operation: Operation,
): Promise<string> {
  if (!Object.hasOwn(hexLength, algorithm))
    throw new TransportError("unsupported", `${JSON.stringify(algorithm)} is no digest that is known`, {
      hint: "There are sha256, sha1 and md5",
    });
  const told = (await primitives.digestAt?.(at, algorithm, operation))?.toLowerCase();
  if (told !== undefined && told.length === hexLength[algorithm] && /^[0-9a-f]+$/.test(told)) return told;
  const read = async (): Promise<string> => {
    const hash = createHash(algorithm);
    const content = await primitives.readAt(at, { offset: 0, length: undefined }, operation);
    for await (const chunk of content as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest("hex");
  };
  return await read().catch((error: unknown) => {
    if (isRepeated("digest") && isTransportError(error, "connection-lost")) return read();
    throw error;
  });
}
