import type { ConnectionKey } from "./connection-key.ts";
import { keyText } from "./connection-key.ts";

/**
 * Every open wire of the process by the text of its connection key, with the place that asked for it: how a second wire for one key is
 * noticed. It holds no wire and decides nothing.
 */
const openSince = new Map<string, Set<WireRecord>>();

export interface WireRecord {
  readonly requestedAt: string;
}

/** Notes that a connection opened a wire; answers with the other connections that hold one for the same key. */
export function enterCensus(key: ConnectionKey, record: WireRecord): readonly WireRecord[] {
  const text = keyText(key);
  const records = openSince.get(text);
  if (records === undefined) {
    openSince.set(text, new Set([record]));
    return [];
  }
  const others = [...records].filter((other) => other !== record);
  records.add(record);
  return others;
}

/** Notes that a connection has no wire left. */
export function leaveCensus(key: ConnectionKey, record: WireRecord): void {
  const text = keyText(key);
  const records = openSince.get(text);
  records?.delete(record);
  if (records?.size === 0) openSince.delete(text);
}
