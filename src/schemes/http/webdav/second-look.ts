import type { ErrorCode } from "../../../errors/error-code.ts";
import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { Location } from "../../../url/location.ts";
import type { Explain, WebdavRequests } from "./webdav-requests.ts";
import { look, requireDirectory } from "./webdav-stat.ts";

/** What a second look is made with. */
interface Looking {
  readonly requests: WebdavRequests;
  readonly operation: Operation;
}

/** Why a file could not be written. */
export function whyNotWritten({ requests, operation }: Looking, at: Location): Explain {
  return async (refusal) => {
    const there = await look(requests, at, operation);
    if (there?.type === "directory") return disproved("is-a-directory", "a directory is in the way", refusal);
    if (there !== undefined) return undefined;
    return await whyNoPlace({ requests, operation }, at, refusal);
  };
}

/** Why a directory could not be made. */
export function whyNotMade({ requests, operation }: Looking, at: Location): Explain {
  return async (refusal) => {
    const there = await look(requests, at, operation);
    if (there !== undefined) return told("already-exists", "there is something of that name already", refusal);
    return await whyNoPlace({ requests, operation }, at, refusal);
  };
}

/** Why something could not be deleted. */
export function whyNotDeleted({ requests, operation }: Looking, at: Location): Explain {
  return async (refusal) => {
    const there = await look(requests, at, operation);
    return there === undefined ? told("not-found", "there is nothing of that name", refusal) : undefined;
  };
}

/** Why something could not be moved or copied. */
export function whyNotMoved({ requests, operation }: Looking, from: Location, to: Location): Explain {
  return async (refusal) => {
    if ((await look(requests, from, operation)) === undefined) {
      // It may have been moved, by a server that failed after that.
      if (refusal.effect === "unknown") return undefined;
      return told("not-found", "there is nothing of that name", refusal);
    }
    const there = await look(requests, to, operation);
    if (there?.type === "directory") return told("is-a-directory", "a directory is in the way", refusal);
    if (there !== undefined) return undefined;
    return await whyNoPlace({ requests, operation }, to, refusal);
  };
}

/** Nothing is there: is there no directory for it? */
async function whyNoPlace(
  { requests, operation }: Looking,
  at: Location,
  refusal: TransportError,
): Promise<TransportError | undefined> {
  try {
    await requireDirectory(requests, at.parent(), operation);
    return undefined;
  } catch (error) {
    if (isTransportError(error, "not-found")) return disproved("not-found", "there is no directory for it", refusal);
    if (isTransportError(error, "not-a-directory")) return disproved("not-a-directory", error.reason, refusal);
    throw error;
  }
}

function told(code: ErrorCode, reason: string, refusal: TransportError): TransportError {
  return new TransportError(code, reason, { effect: refusal.effect, cause: refusal });
}

/** What is there by now shows that nothing can have happened, whatever the refusal leaves open. */
function disproved(code: ErrorCode, reason: string, refusal: TransportError): TransportError {
  return told(code, reason, refusal).with({ effect: "none" });
}
