/**
 * A tour of some seconds that needs no server: the commands of the 2007 RFC, each function for itself and then with one list of possible
 * transports, and what the servers counted. Ends with 1 if sharing did not do what it promises.
 */
import type { Chain } from "../benchmarks/connections/chain.ts";
import { chains } from "../benchmarks/connections/chains.ts";
import type { ChainRow } from "../benchmarks/connections/measure-chain.ts";
import { measureChain } from "../benchmarks/connections/measure-chain.ts";
import { list, naive } from "../benchmarks/connections/modes.ts";
import type { ServerName, Site } from "../benchmarks/sites/site.ts";
import { startSite } from "../benchmarks/sites/sites.ts";

/** Each way. Enough for waiting to show, as little as keeps the tour short. */
const delayMs = 3;

/** A chain as it ran without a list and with one. */
interface Pair {
  readonly naive: ChainRow;
  readonly shared: ChainRow;
}

const bold = (text: string): string => (process.stdout.isTTY ? `\u001B[1m${text}\u001B[22m` : text);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function measure(site: Site, chain: Chain): Promise<Pair> {
  const [alone, shared] = await measureChain(site, chain, [naive, list], 1);
  if (alone === undefined || shared === undefined) throw new Error(`${chain.name} was not measured`);
  return { naive: alone, shared };
}

function line(name: string, what: string, numbers: readonly string[], times: readonly string[]): string {
  const columns = [
    name.padEnd(11),
    what.padEnd(28),
    ...numbers.map((number) => number.padStart(6)),
    ...times.map((time) => time.padStart(7)),
  ];
  return ` ${columns.join(" ")}`;
}

function pairLine({ name, summary }: Pick<Chain, "name" | "summary">, pair: Pair): string {
  return line(name, summary, counts(pair), [seconds(pair.naive.wallMs), seconds(pair.shared.wallMs)]);
}

function counts({ naive: alone, shared }: Pair): readonly string[] {
  return [alone.connections, shared.connections, shared.lowerBound].map(String);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** Whether a list saved connections, and as many as can be saved. */
function keepsItsPromise({ naive: alone, shared }: Pair): boolean {
  return alone.connections > shared.connections && shared.connections === shared.lowerBound;
}

/** All chains as one. */
function total(pairs: readonly Pair[]): Pair {
  const sum = (rows: readonly ChainRow[]): ChainRow =>
    rows.reduce((all, row) => ({
      ...all,
      connections: all.connections + row.connections,
      lowerBound: all.lowerBound + row.lowerBound,
      wallMs: all.wallMs + row.wallMs,
    }));
  return { naive: sum(pairs.map((pair) => pair.naive)), shared: sum(pairs.map((pair) => pair.shared)) };
}

async function overSftp(): Promise<readonly Pair[]> {
  await using site = await startSite("embedded", { delayMs });
  const pairs: Pair[] = [];
  for (const chain of chains()) {
    const pair = await measure(site, chain);
    say(pairLine(chain, pair));
    pairs.push(pair);
  }
  return pairs;
}

async function again(server: ServerName): Promise<readonly Pair[]> {
  await using site = await startSite(server);
  const pairs: Pair[] = [];
  for (const chain of chains()) pairs.push(await measure(site, chain));
  return pairs;
}

say(bold("samewire: one URL, one wire"));
say(`
Two SFTP servers now run inside this process. A round trip to them takes ${2 * delayMs} ms
longer than it must: made up, so that waiting shows as it does on a network.

Each command below is made of small functions that know a URL and little else.
Alone, each of them connects for itself. With possibleTransports, a list that is
handed on, they share. What the servers counted, and how many are needed:
`);
say(bold(`${"connections".padStart(59)}${"time".padStart(17)}`));
say(bold(line("command", "", ["alone", "shared", "needed"], ["alone", "shared"])));

const sftp = await overSftp();
const [ftp, webdav] = [await again("embedded-ftp"), await again("embedded-webdav")];
const [s3, memory] = [await again("embedded-s3"), await again("memory")];
say(pairLine({ name: "all", summary: "of these, over sftp:" }, total(sftp)));
say(line("all", "again, over ftp:", counts(total(ftp)), []));
say(line("all", "again, over webdav:", counts(total(webdav)), []));
say(line("all", "again, over s3:", counts(total(s3)), []));
say(line("all", "again, over memory:", counts(total(memory)), []));

say(`
The code of these commands is the same in both columns; see
benchmarks/connections/chains. What differs is one argument:

  getTransport(url)                       a connection of its own
  getTransport(url, possibleTransports)   one that is there, if it may serve url

${bold("What to try next")}

  node dist/cli/main.js explain sftp://you@host/a sftp://you@HOST:22/b
  node dist/cli/main.js ls --show-connections sftp://you@host/~/
  node .build/examples/watch-connections.js
  npm run bench -- connections            over a real sshd, if there is one
`);

if (![...sftp, ...ftp, ...webdav, ...s3, ...memory].every(keepsItsPromise)) {
  process.stderr.write("A list did not save what it should have: please report this with the table above.\n");
  process.exitCode = 1;
}
