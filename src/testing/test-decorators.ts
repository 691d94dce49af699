import { faultyDecorator } from "../decorators/faulty.ts";
import { slowDecorator } from "../decorators/slow.ts";
import { defaultRegistry } from "../samewire.ts";

let used = false;

/** Makes the prefixes `faulty+` and `slow+` known to `getTransport`: only where they are asked for, since no program means them. Twice is as good as once. */
export function useTestDecorators(): void {
  if (used) return;
  used = true;
  for (const decorator of [faultyDecorator, slowDecorator]) defaultRegistry.registerDecorator(decorator);
}
