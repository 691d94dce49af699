// Makes few files of many: to load one of each module takes a program three times as long as to load these.
import { rolldown } from "rolldown";

const compiled = new URL("../.build/lib/", import.meta.url);
const entries = ["index", "extend", "testing", "cli/main"];

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, new URL(`${name}.js`, compiled).pathname])),
  // Packages stay packages.
  external: /^[^./]/,
  platform: "node",
});
await bundle.write({
  dir: new URL("../dist", import.meta.url).pathname,
  format: "esm",
  entryFileNames: "[name].js",
  // One directory below `dist`, where a module finds out what belongs to this library.
  chunkFileNames: "chunks/[name]-[hash].js",
});
await bundle.close();
