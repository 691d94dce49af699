/** A scheme of one's own: npm run example -- kv */
import { TransportScope, resolveFile, walk } from "samewire";
import { defaultRegistry } from "samewire/extend";

import { kvScheme } from "./kv-scheme.ts";
import { kvStore } from "./kv-store.ts";

defaultRegistry.registerScheme(kvScheme);
const { values } = kvStore("settings");
values.set("/colours/sky", Buffer.from("blue\n"));
values.set("/colours/grass", Buffer.from("green\n"));

await using scope = new TransportScope();
for await (const { path } of walk(scope.getTransport("kv://settings/"))) {
  const found = resolveFile(`kv://settings/${path}`, scope);
  console.log(`${path}: ${String(await found.transport.getBytes(found.path)).trim()}`);
}
console.log(`${kvStore("settings").accepted} session for ${scope.report().connections[0]?.operations} operations`);
