import { TransportError, toTransportError } from "../errors/transport-error.ts";

/** A failure with the verb and the path that the caller knows, whatever was asked on the way, or by somebody else. `url` is where nothing else says so. */
export function retold(error: unknown, operation: string, path: string, url: string): TransportError {
  const failure = toTransportError(error);
  if (failure.path === path && failure.operation === operation) return failure;
  const { code, reason, temporary, effect, hint, cause } = failure;
  return new TransportError(code, reason, {
    operation,
    url: failure.url ?? url,
    path,
    temporary,
    effect,
    hint,
    cause,
  });
}
