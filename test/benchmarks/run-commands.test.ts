import { expect, it } from "vitest";

import { TimeIsUp, runCommands } from "../../benchmarks/peers/run-commands.ts";

const node = process.execPath;

it("programs run one after another, are given their input and surroundings, and the last one's output is told", async () => {
  const program = "process.stdin.pipe(process.stdout); process.stdout.write(process.env.GREETING)";
  const { output, ms, cpuMs } = await runCommands([
    { words: ["true"] },
    { words: [node, "-e", program], env: { GREETING: "hello " }, input: "world" },
  ]);
  expect(output).toBe("hello world");
  expect(cpuMs).toBeGreaterThan(0);
  expect(ms).toBeGreaterThan(0);
});

it("the first that fails is reported with what it said, and no other is run", async () => {
  const commands = [{ words: ["sh", "-c", "echo it is broken >&2; exit 3"] }, { words: ["true"] }] as const;
  await expect(runCommands(commands)).rejects.toThrow(/ended with 3: it is broken/);
});

it("a program that takes too long is ended with what it started, which would keep its output open", async () => {
  const words = [node, "-e", "require('child_process').spawn('sleep', ['600'], {stdio: 'inherit'})"] as const;
  await expect(runCommands([{ words }], undefined, 500)).rejects.toThrow(TimeIsUp);
});
