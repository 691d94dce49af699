/**
 * A protocol that is not about files, on samewire's connections: EPP, by which registrars speak with the registries of domain names. Starts a registry, asks it
 * a few hundred things in series and at once, and says what that cost: npm run example -- epp
 */
import { generateTlsIdentity } from "samewire/testing";

import { EppClient } from "./epp-client.ts";
import { startRegistry } from "./registry-server.ts";

const identity = await generateTlsIdentity();
await using registry = await startRegistry({ identity, users: { registrar: "secret" }, maxSessions: 4 });
const address = { host: "127.0.0.1", port: registry.port, ca: identity.cert, user: "registrar", password: "secret" };
await using client = new EppClient({ ...address, connections: 8 });

for (let n = 0; n < 100; n++) await client.create(`example-${n}.test`);
const free = await Promise.all(Array.from({ length: 200 }, (_, n) => client.check(`example-${n}.test`)));
registry.closeSessions();
const { registrant } = await client.info("example-1.test");

const { operations, wiresOpened, limit } = client.report();
const { handshakes, logins } = registry.counts;
console.log(`${operations} commands: 100 in series, 200 at once, 1 after the registry had closed every session`);
console.log(
  `${free.filter((names) => [...names.values()][0]).length} names are free, example-1.test is ${registrant}'s`,
);
console.log(
  `${wiresOpened} sessions opened (${logins} logins, ${handshakes} handshakes), ${registry.mostSessions} at a time: 8 were asked for, and the registry allows ${limit}`,
);
console.log(`${operations - handshakes} handshakes saved`);
