import type { TransportError, Transport } from "samewire";
import { TransportDecorator } from "samewire/extend";

/** Answers a get of some paths, or any verb on them, with a failure, as a server may. */
export class Faulty extends TransportDecorator {
  readonly prefix = "faulty";
  readonly boundary = false;
  readonly fail: (verb: string, path: string) => TransportError | undefined;

  constructor(inner: Transport, fail: (verb: string, path: string) => TransportError | undefined) {
    super(inner);
    this.fail = fail;
  }

  protected around(inner: Transport): Faulty {
    return new Faulty(inner, this.fail);
  }

  protected override async ask<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
    const failure = this.fail(verb, path);
    if (failure !== undefined) throw failure;
    return await work();
  }
}
