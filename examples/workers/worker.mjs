// A worker: reads requests from its standard input, one JSON document on each line, and answers in whatever order it is done.
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const methods = {
  ping: () => "pong",
  sha256: ({ text }) => createHash("sha256").update(text).digest("hex"),
  pid: () => process.pid,
  echo: (params) => params,
  sleep: ({ ms }) => pause(ms, process.pid),
  silence: () => pause(2 ** 30),
  die: () => process.exit(3),
  garble: () => process.stdout.write("no JSON\n"),
};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** What a newline ends, and nothing else does: Node's readline also cuts at U+2028, which JSON leaves as it is. */
async function* linesOf(stream) {
  let rest = "";
  for await (const text of stream.setEncoding("utf8")) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}

say({ ready: process.pid });
for await (const line of linesOf(process.stdin)) {
  const { id, method, params } = JSON.parse(line);
  const run = Object.hasOwn(methods, method) ? methods[method] : () => Promise.reject(new Error(`no method ${method}`));
  Promise.resolve()
    .then(() => run(params))
    .then(
      (result) => say({ id, result }),
      (error) => say({ id, error: error.message }),
    );
}
process.exit(0);
