/**
 * Finds the place in a program that opens a connection too many:
 *
 *   node .build/examples/watch-connections.js
 *
 * Whatever samewire opens, shares and closes is published on `diagnostics_channel`; to listen costs the program no change.
 */
import { subscribe } from "node:diagnostics_channel";

import type { ConnectionEvents, PossibleTransports, Transport } from "samewire";
import { getTransport } from "samewire";

function watch<Name extends keyof ConnectionEvents>(name: Name, tell: (event: ConnectionEvents[Name]) => string): void {
  subscribe(name, (event) => console.log(`${name.padEnd(24)} ${tell(event as ConnectionEvents[Name])}`));
}

watch("samewire:wire:open", ({ label, requestedAt }) => `${label} ${requestedAt}`);
watch("samewire:transport:reuse", ({ url }) => url);
watch("samewire:wire:spurious", ({ requestedAt, openSince }) => `${requestedAt}, though open since ${openSince}`);
watch("samewire:wire:close", ({ label }) => label);

async function readSettings(url: string, possibleTransports?: PossibleTransports): Promise<void> {
  await using settings = getTransport(url, possibleTransports);
  await settings.has("settings.json");
}

async function forgetful(url: string): Promise<void> {
  await readSettings(`${url}also/`); // The list was not handed on.
}

const possibleTransports: Transport[] = [];
await readSettings("memory://example/app/", possibleTransports);
await readSettings("memory://example/app/plug-in/", possibleTransports);
await forgetful("memory://example/app/");
for (const transport of possibleTransports) await transport.disconnect();
