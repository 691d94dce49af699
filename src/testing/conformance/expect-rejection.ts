import assert from "node:assert/strict";
import { inspect } from "node:util";

import type { ErrorCode } from "../../errors/error-code.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { isTransportError } from "../../errors/transport-error.ts";

/** What an error must say beside its code. */
export interface ExpectedError {
  readonly operation?: string;
  readonly path?: string;
}

/** Asserts that work fails with a `TransportError` that has one of the codes and says what is expected; returns it. */
export async function expectRejection(
  work: Promise<unknown>,
  codes: ErrorCode | readonly ErrorCode[],
  expected: ExpectedError = {},
  secrets: readonly string[] = [],
): Promise<TransportError> {
  const accepted = typeof codes === "string" ? [codes] : codes;
  const error = await work.then(
    (value) =>
      assert.fail(
        `expected ${accepted.join(" or ")}, but it resolved with ${inspect(value, { depth: 1 }).slice(0, 200)}`,
      ),
    (reason: unknown) => reason,
  );
  assert.ok(isTransportError(error), `expected a TransportError, not ${inspect(error)}`);
  assert.ok(accepted.includes(error.code), `expected ${accepted.join(" or ")}, not ${error.message}`);
  assert.ok(error.message.includes(error.code), "the message names the code");
  if (expected.operation !== undefined) assert.equal(error.operation, expected.operation);
  if (expected.path !== undefined) assert.equal(error.path, expected.path);
  assert.ok(
    error.url !== undefined && error.url.includes("://"),
    `the error of ${error.operation} says where, not ${error.url}`,
  );
  const shown = [error.message, error.stack, inspect(error), JSON.stringify(error)].join("\n");
  for (const secret of secrets) assert.ok(!shown.includes(secret), "the error shows a secret");
  return error;
}
