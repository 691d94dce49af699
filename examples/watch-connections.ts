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

watch("samewire:wire:open", ({ label, requestedAt }) => `${label} by ${requestedAt}`);
watch("samewire:transport:reuse", ({ url }) => url);
watch("samewire:wire:spurious", ({ requestedAt, openSince }) => `${requestedAt}, but there is that of ${openSince}`);
watch("samewire:wire:close", ({ label }) => label);

async function readSettings(url: string, possibleTransports: PossibleTransports): Promise<void> {
  await using settings = getTransport(url, possibleTransports);
  await settings.has("settings.json");
  await readTheme(`${url}theme/`, possibleTransports);
  await readPlugIns(`${url}plug-ins/`);
}

async function readTheme(url: string, possibleTransports: PossibleTransports): Promise<void> {
  await using theme = getTransport(url, possibleTransports);
  await theme.has("theme.css");
}

/** Was never told of the list. */
async function readPlugIns(url: string): Promise<void> {
  await using plugIns = getTransport(url);
  await plugIns.has("plug-ins.json");
}

const possibleTransports: Transport[] = [];
await readSettings("memory://example/app/", possibleTransports);
for (const transport of possibleTransports) await transport.disconnect();
