import assert from "node:assert/strict";

/** Anything that counts the connections it accepted: a tap, a server, a memory store. */
export interface ConnectionCounter {
  /** Connections accepted so far. */
  readonly accepted: number;
}

/**
 * Runs `work` and asserts how many connections the server accepted meanwhile. Returns what `work` resolves with.
 *
 * @throws AssertionError with both numbers; or whatever `work` rejects with
 */
export async function expectConnections<T>(
  counter: ConnectionCounter,
  expected: number,
  work: () => Promise<T> | T,
): Promise<T> {
  const before = counter.accepted;
  const result = await work();
  const accepted = counter.accepted - before;
  assert.equal(accepted, expected, `the server accepted ${accepted} connections instead of ${expected}`);
  return result;
}
