import type { Transport } from "samewire";
import { TransportScope } from "samewire";
import type { Connector } from "samewire/extend";
import { SharedConnection, connectionPolicy } from "samewire/extend";

import type { Benchmark, BenchmarkResult, BenchmarkSettings } from "../benchmark.ts";
import { BareSftp } from "../overhead/bare-sftp.ts";
import type { PairSettings, Task, WarmUp } from "../overhead/pairs.ts";
import { comparePairs, warmUp } from "../overhead/pairs.ts";
import { startSite, usualServers } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { openSsh2Session } from "../sites/ssh2-session.ts";
import { startAll } from "../sites/started.ts";
import { rounded } from "../statistics.ts";
import { left, right, table } from "../table.ts";

interface LayersRow {
  /** What the operation goes through. */
  readonly through: string;
  readonly concurrency: number;
  /** Time over that of the bare driver, in the same pairs. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** The same of the processor time of the client alone. */
  readonly cpuRatio: number;
  readonly us: number;
  readonly bareUs: number;
}

interface Effort extends Omit<PairSettings, "concurrency"> {
  readonly warmUp: WarmUp;
}

const thorough: Effort = { pairs: 9, sideMs: 100, warmUp: { tasks: 20_000, maxMs: 3_000 } };
const quick: Effort = { pairs: 1, sideMs: 10, warmUp: { tasks: 50, maxMs: 50 } };

export const layers: Benchmark = {
  name: "layers",
  summary: "one stat over SFTP through the pool, a transport, and one and three decorators, over bare ssh2",
  async run({ smoke, server = usualServers.sftp, progress }: BenchmarkSettings): Promise<BenchmarkResult> {
    const effort = smoke ? quick : thorough;
    const rows: LayersRow[] = [];
    await using started = await startLayers(server);
    const { bare, tasks } = started;
    await warmUp(bare, effort.warmUp);
    for (const [through, task] of Object.entries(tasks)) {
      progress(`${through}: warming up`);
      await warmUp(task, effort.warmUp);
      for (const concurrency of [1, 64]) {
        progress(`${through}, ${concurrency} at once`);
        const { ratio, low, high, cpuRatio, oursUs, theirsUs } = await comparePairs(task, bare, {
          ...effort,
          concurrency,
        });
        rows.push({
          through,
          concurrency,
          ...{ ratio: rounded(ratio, 3), low: rounded(low, 3), high: rounded(high, 3), cpuRatio: rounded(cpuRatio, 3) },
          ...{ us: rounded(oursUs, 1), bareUs: rounded(theirsUs, 1) },
        });
      }
    }
    return { rows, text: layersText(rows), broken: [] };
  },
};

interface Layers extends AsyncDisposable {
  readonly bare: Task;
  readonly tasks: Readonly<Record<string, Task>>;
}

function startLayers(server: NonNullable<BenchmarkSettings["server"]>): Promise<Layers> {
  return startAll(async (started) => {
    const site = started.add(await startSite(server));
    if (!(site.peer instanceof Ssh2Peer)) throw new RangeError(`ssh2 does not speak to ${site.server} servers`);
    const [root] = site.roots;
    const scope = started.add(new TransportScope());
    const transport = scope.getTransport(root, site.options);
    await transport.put("file", "content");
    const decorated = (prefix: string): Transport => scope.getTransport(`${prefix}${root}`, site.options);
    const [one, three] = [decorated("noop+"), decorated("noop+noop+noop+")];
    const driver = new BareSftp(started.add(await openSsh2Session(root, site.peer.login)));
    const pooled = new SharedConnection({
      connector: connectorOf(driver),
      key: { endpoint: "bare", identity: new Map() },
      policy: connectionPolicy({ keepaliveIntervalMs: 0 }),
    });
    const use = { operation: "stat", repeatable: true };
    return {
      bare: () => driver.stat("file"),
      tasks: {
        "the pool": () => pooled.use(use, (wire) => wire.stat("file")),
        "a transport": () => transport.stat("file"),
        "one decorator": () => one.stat("file"),
        "three decorators": () => three.stat("file"),
      },
      [Symbol.asyncDispose]: async () => {
        await pooled.close();
        await started[Symbol.asyncDispose]();
      },
    };
  });
}

/** A driver that is open already, as a wire: what is left is the pool. */
function connectorOf(driver: BareSftp): Connector<BareSftp> {
  return {
    label: "bare",
    leasesPerWire: Infinity,
    open: () => Promise.resolve(driver),
    check: async () => void (await driver.stat("file")),
    close: () => Promise.resolve(),
    destroy: () => undefined,
    hold: () => undefined,
    traffic: () => ({ bytesSent: 0, bytesReceived: 0 }),
  };
}

function layersText(rows: readonly LayersRow[]): string {
  const columns = [
    ...[left("through"), right("at once"), right("ratio"), left("interval")],
    ...[right("cpu"), right("µs"), right("bare µs")],
  ];
  const cells = rows.map(({ through, concurrency, ratio, low, high, cpuRatio, us, bareUs }) => [
    ...[through, String(concurrency), ratio.toFixed(3), `${low.toFixed(3)} to ${high.toFixed(3)}`],
    ...[cpuRatio.toFixed(3), us.toFixed(1), bareUs.toFixed(1)],
  ]);
  return table(columns, cells);
}
