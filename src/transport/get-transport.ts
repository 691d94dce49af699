import { TransportError } from "../errors/transport-error.ts";
import { ambientTransports } from "./ambient.ts";
import { ConnectionRequest, noOptions } from "./connection-request.ts";
import { ConnectedTransport } from "./connected-transport.ts";
import type { PossibleTransports } from "./possible-transports.ts";
import type { Registry } from "./registry.ts";
import type { Transport } from "./transport.ts";
import type { LocationInput, TransportOptions } from "./transport-options.ts";
import { warnOfUnknownOptions } from "./unknown-options.ts";

/**
 * A transport for `location`, on the wire of the first candidate in `possibleTransports` that may serve it, else with a wire of its own,
 * which then joins the list. Without a list the ambient scope is asked; outside one the transport owns its wire.
 *
 * Synchronous: touches no network, so two callers in one tick cannot both decide to open a wire.
 *
 * @throws TransportError `invalid-url`, `invalid-path`, `unsupported-scheme`
 */
export function getTransportFrom(
  registry: Registry,
  location: LocationInput,
  possibleTransports: PossibleTransports | undefined = ambientTransports(),
  options: TransportOptions = noOptions,
): Transport {
  const parsed = registry.parse(location);
  refuseWhatIsNoList(possibleTransports);
  if (parsed.decorators.length > 0) return decorated(registry, parsed, possibleTransports, options);
  return plain(new ConnectionRequest(registry, parsed, options, possibleTransports));
}

/** For who has no types to be told by: options in the place of the list would fail later, in words that help nobody. */
function refuseWhatIsNoList(list: unknown): void {
  if (list === undefined || (typeof list === "object" && list !== null && Symbol.iterator in list)) return;
  throw new TransportError("unsupported", "the second argument is neither a list of transports nor a scope", {
    operation: "getTransport",
    hint: "Options are the third: getTransport(location, undefined, options)",
  });
}

type Parsed = ReturnType<Registry["parse"]>;

function plain(request: ConnectionRequest): Transport {
  const list = request.possibleTransports;
  if (list === undefined) return owned(request);
  const candidate = firstCandidate(request, list);
  if (candidate !== undefined) return candidate;
  warnOfUnknownOptions(request);
  const transport = request.scheme.open(request.effective);
  if (transport instanceof ConnectedTransport) list.push(transport);
  return transport;
}

/** With neither list nor scope, the transport owns its wire and every wire that was opened on the way to it. */
function owned(request: ConnectionRequest): Transport {
  warnOfUnknownOptions(request);
  const companions: Transport[] = [];
  const { registry, location, options } = request.effective;
  const transport = request.scheme.open(new ConnectionRequest(registry, location, options, companions));
  if (transport instanceof ConnectedTransport) transport.own(companions);
  return transport;
}

/** A decorated candidate may answer for its own prefix; else the wire is an undecorated transport's, which is what joins the list. */
function decorated(
  registry: Registry,
  location: Parsed,
  list: PossibleTransports | undefined,
  options: TransportOptions,
): Transport {
  const decorators = location.decorators.map((name) => registry.decorator(name));
  if (list !== undefined) {
    const candidate = firstCandidate(new ConnectionRequest(registry, location, options, list), list);
    if (candidate !== undefined) return candidate;
  }
  const undecorated = new ConnectionRequest(registry, location.with({ decorators: [] }), options, list);
  return decorators.reduceRight((inner, decorator) => decorator.wrap(inner, options), plain(undecorated));
}

function firstCandidate(request: ConnectionRequest, list: PossibleTransports): Transport | undefined {
  for (const candidate of list.candidatesFor?.(request) ?? list) {
    const transport = candidate.reuseConnectionFor(request);
    if (transport !== undefined) return transport;
  }
  return undefined;
}
