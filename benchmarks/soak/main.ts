import { clearLine, cursorTo } from "node:readline";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";

import { describeMachine, machineText } from "../machine.ts";
import type { SoakScheme } from "./places/soak-place.ts";
import { soakSchemes } from "./places/soak-place.ts";
import { detailText, figuresLine } from "./report.ts";
import type { SoakSettings } from "./soak.ts";
import { soak } from "./soak.ts";

const usage = `npm run soak -- [--minutes 5] [--seed 1] [--operations 100000] [--clones 1000] [--schemes ${soakSchemes.join(",")}] [--embedded]

Many clones put, read, move and delete files over each scheme, while servers are restarted, wires are cut and limits are changed. What is done, and what goes wrong
after how many operations, follows from the seed. Everything that was acknowledged must be there, by the library and on the servers' disks. --embedded uses the servers
in this process also where real ones are installed. Ends with 1 if anything is wrong, and says what.
`;

/** What five minutes are for. */
const usual = { minutes: 5, operations: 100_000, clones: 1_000 } as const;
const fewestClones = 60;

type CommandLine = Omit<SoakSettings, "progress">;

function readCommandLine(words: readonly string[]): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      minutes: { type: "string", default: String(usual.minutes) },
      seed: { type: "string" },
      operations: { type: "string" },
      clones: { type: "string" },
      schemes: { type: "string", default: soakSchemes.join(",") },
      embedded: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  const share = minutes / usual.minutes;
  const operations = Number(values.operations ?? Math.ceil(usual.operations * share));
  const clones = Number(
    values.clones ?? Math.min(usual.clones, Math.max(fewestClones, Math.ceil(usual.clones * share))),
  );
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const schemes = values.schemes.split(",");
  const numbers = [minutes, operations, clones].every((number) => number > 0) && Number.isInteger(seed);
  if (values.help || !numbers || !schemes.every(isScheme)) return undefined;
  return { seed, minutes, operations, clones, schemes, embedded: values.embedded };
}

function isScheme(name: string): name is SoakScheme {
  return (soakSchemes as readonly string[]).includes(name);
}

/** Tells of progress in one line of a terminal; elsewhere the lines about what is wrong are told alone. */
function tell(line: string): void {
  const isLasting = line.startsWith("WRONG");
  if (!process.stderr.isTTY) return void (isLasting && process.stderr.write(`${line}\n`));
  clearLine(process.stderr, 0);
  cursorTo(process.stderr, 0);
  process.stderr.write(isLasting ? `${line}\n` : line.slice(0, process.stderr.columns - 1));
}

async function main(words: readonly string[]): Promise<number> {
  const commandLine = readCommandLine(words);
  if (commandLine === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  process.stderr.write(`${machineText(await describeMachine())}\nseed ${commandLine.seed}\n`);
  const figures = await soak({ ...commandLine, progress: tell });
  if (process.stderr.isTTY) process.stderr.write("\n");
  process.stdout.write(`${detailText(figures)}\n${figuresLine(figures)}\n`);
  return figures.ledger.wrongCount === 0 ? 0 : 1;
}

// V8 gives its place for young objects back when it likes, 32 MiB at once: what is measured would be its mood.
setFlagsFromString("--no-memory-reducer");
// Where something never settles it would keep the process, too.
process.exit(await main(process.argv.slice(2)));
