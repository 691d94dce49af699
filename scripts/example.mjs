// Runs an example by its name, as it was compiled: npm run example -- epp
import { existsSync, readdirSync } from "node:fs";

const compiled = new URL("../.build/examples/", import.meta.url);
const [name = ""] = process.argv.slice(2);
const program = [`${name}/main.js`, `${name}.js`].map((path) => new URL(path, compiled)).find((url) => existsSync(url));
if (/^[\w-]+$/.test(name) && program !== undefined) {
  process.argv.splice(2, 1);
  await import(program);
} else {
  const names = readdirSync(new URL("../examples/", import.meta.url)).map((entry) => entry.replace(/\.ts$/, ""));
  console.error(`npm run example -- NAME, which is one of ${names.join(", ")}`);
  process.exitCode = 2;
}
