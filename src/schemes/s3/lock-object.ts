import { randomUUID } from "node:crypto";

import type { ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { LockInfo } from "../../transport/lock.ts";
import type { Operation } from "../../transport/operation.ts";
import { isMissing } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import { holderFrom, idOfNote, maxNoteBytes } from "../../transport/verbs/lock-note.ts";
import { tooLarge } from "../../transport/verbs/read-all.ts";

/** What is found where a lock lies. */
export type LockObject =
  | { readonly state: "absent" }
  /** It was given back, on a service where only a new version can take the place of one. */
  | { readonly state: "free"; readonly etag: string }
  /** The id is empty where it is no lock of ours. */
  | { readonly state: "held"; readonly info: LockInfo; readonly etag: string };

const absent: LockObject = { state: "absent" };

/** What is put in the place of a note when the lock is given back. It differs from every other, so that its tag does. */
export function noteOfNobody(): Buffer {
  return Buffer.from(`${JSON.stringify({ released: randomUUID() })}\n`);
}

const nobody = /^\{"released":"[0-9a-f-]{36}"\}\n$/;

/** Looks who has the lock. Who may not list is refused, with `permission-denied`, where nothing is. */
export async function readLock(objects: S3Objects, name: ObjectName, operation: Operation): Promise<LockObject> {
  let etag = "";
  try {
    const asking = { repeatable: isRepeated("lockInfo"), signal: operation.signal };
    const note = await takenWhole(
      asking,
      () => objects.get(name, undefined, operation),
      async (answer) => {
        etag = answer.headers.get("etag") ?? "";
        return await answer.bytes((bytes) => {
          if (bytes > maxNoteBytes) throw tooLarge(maxNoteBytes);
        });
      },
    );
    const text = String(note);
    if (nobody.test(text) && etag !== "") return { state: "free", etag };
    return { state: "held", info: holderFrom(text, idOfNote(text) ?? ""), etag };
  } catch (error) {
    if (isMissing(error)) return absent;
    if (!isTransportError(error, "no-space")) throw error;
    return { state: "held", info: holderFrom(undefined, ""), etag };
  }
}
