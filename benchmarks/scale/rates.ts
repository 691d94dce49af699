import type { Transport } from "samewire";
import { TransportScope, getTransport } from "samewire";

import { startSite } from "../sites/sites.ts";
import type { ServerName } from "../sites/site.ts";
import { rounded } from "../statistics.ts";
import type { Effort } from "./effort.ts";

/** How many operations a process does in a second, and what they cost it. The server is a process of its own. */
export interface RateRow {
  readonly what: string;
  readonly server: string;
  readonly wires: number;
  readonly atOnce: number;
  readonly perSecond: number;
  /** Processor time of this process for each operation, in microseconds: it hardly depends on who else is at work. */
  readonly cpuUs: number;
  /** What this process could do in a second if it did nothing else and the server were as fast. */
  readonly perCpuSecond: number;
}

interface Work {
  readonly what: string;
  readonly server: ServerName;
  /** Whether more wires are more connections, or one that is given more. */
  readonly multiplexed: boolean;
  readonly operation: Operation;
}

/** `file`: another one in each place, so that no server answers from what it has just looked at. */
type Operation = (transport: Transport, file: string) => Promise<unknown>;

const files = 64;

const works = (sftp: ServerName, ftp: ServerName): readonly Work[] => [
  { what: "stat", server: sftp, multiplexed: true, operation: (transport, file) => transport.stat(file) },
  {
    what: "getBytes, 4 KiB",
    server: sftp,
    multiplexed: true,
    operation: (transport, file) => transport.getBytes(file),
  },
  {
    what: "getBytes, 4 KiB",
    server: ftp,
    multiplexed: false,
    operation: (transport, file) => transport.getBytes(file),
  },
];

export async function measureRates(
  effort: Effort,
  { sftp, ftp }: { readonly sftp: ServerName; readonly ftp: ServerName },
  progress: (line: string) => void,
): Promise<readonly RateRow[]> {
  const rows: RateRow[] = [];
  for (const work of works(sftp, ftp)) {
    await using site = await startSite(work.server);
    const [root] = site.roots;
    await warmUp(getTransport(root, [], site.options), work, effort.measureMs);
    for (const wires of effort.wires) {
      // A connection that carries one operation at a time is never given more at once than it carries.
      for (const atOnce of work.multiplexed ? effort.atOnce : [1]) {
        progress(`${work.server}: ${work.what}, ${atOnce} at once over each of ${wires}`);
        const scopes = Array.from({ length: wires }, () => new TransportScope());
        const transports = scopes.map((scope) => scope.getTransport(root, site.options));
        for (const transport of transports) await transport.connect();
        const places = transports.flatMap((transport) => Array.from({ length: atOnce }, () => transport));
        await repeat(places, work.operation, effort.measureMs);
        const { operations, wallMs, cpuMs } = await repeat(places, work.operation, effort.measureMs);
        rows.push({
          ...{ what: work.what, server: work.server, wires, atOnce },
          perSecond: rounded((operations / wallMs) * 1_000, 0),
          cpuUs: rounded((cpuMs / operations) * 1_000, 1),
          perCpuSecond: rounded((operations / cpuMs) * 1_000, 0),
        });
        await Promise.all(scopes.map((scope) => scope.close()));
      }
    }
  }
  return rows;
}

/** Makes the files, and has the compiler do what it has to do. */
async function warmUp(transport: Transport, { operation, multiplexed }: Work, ms: number): Promise<void> {
  for (let at = 0; at < files; at++) await transport.put(`${at}`, Buffer.alloc(4_096, "content"));
  const places = Array.from({ length: multiplexed ? files : 1 }, () => transport);
  await repeat(places, operation, ms);
  await transport.disconnect();
}

interface Repeated {
  readonly operations: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Each place does one after another until the time is over. */
async function repeat(places: readonly Transport[], operation: Operation, ms: number): Promise<Repeated> {
  const startedAt = performance.now();
  const usage = process.cpuUsage();
  let operations = 0;
  await Promise.all(
    places.map(async (transport, at) => {
      do {
        await operation(transport, `${at % files}`);
        operations++;
      } while (performance.now() - startedAt < ms);
    }),
  );
  const { user, system } = process.cpuUsage(usage);
  return { operations, wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
}
