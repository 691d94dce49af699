import { channel } from "node:diagnostics_channel";

/** The events on `diagnostics_channel`, by the channel's name. No message holds a secret. */
export interface ConnectionEvents {
  /** A wire works. */
  "samewire:wire:open": { readonly label: string; readonly requestedAt: string; readonly connectMs: number };
  /** A wire was closed in good order. */
  "samewire:wire:close": { readonly label: string; readonly bytesSent: number; readonly bytesReceived: number };
  /** A wire died or was dropped. */
  "samewire:wire:lost": { readonly label: string; readonly code: string; readonly message: string };
  /** An attempt to open a wire failed. */
  "samewire:wire:refused": { readonly label: string; readonly code: string; readonly message: string };
  /** A wire was opened although one with the same key was open already, elsewhere in this process. */
  "samewire:wire:spurious": { readonly label: string; readonly requestedAt: string; readonly openSince: string };
  /** The server allows fewer wires than asked for, or more again. */
  "samewire:connection:limit": { readonly label: string; readonly limit: number };
  /** A server listed a name that cannot be one (`..`, `a/b`); it was dropped. The name is JSON text. */
  "samewire:list:refused-name": { readonly url: string; readonly name: string };
  /** A server sent a reader elsewhere, and the reader went. */
  "samewire:redirect": { readonly url: string; readonly target: string; readonly status: number };
  /** A transport was made on a connection that was there. */
  "samewire:transport:reuse": { readonly label: string; readonly url: string };
}

const channels = {
  "samewire:wire:open": channel("samewire:wire:open"),
  "samewire:wire:close": channel("samewire:wire:close"),
  "samewire:wire:lost": channel("samewire:wire:lost"),
  "samewire:wire:refused": channel("samewire:wire:refused"),
  "samewire:wire:spurious": channel("samewire:wire:spurious"),
  "samewire:connection:limit": channel("samewire:connection:limit"),
  "samewire:list:refused-name": channel("samewire:list:refused-name"),
  "samewire:redirect": channel("samewire:redirect"),
  "samewire:transport:reuse": channel("samewire:transport:reuse"),
} as const satisfies Record<keyof ConnectionEvents, unknown>;

/** Publishes an event if anybody listens; `message` is only made then. */
export function publish<Name extends keyof ConnectionEvents>(name: Name, message: () => ConnectionEvents[Name]): void {
  const { [name]: to } = channels;
  if (to.hasSubscribers) to.publish(message());
}
