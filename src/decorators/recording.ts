import { TransportDecorator } from "../transport/transport-decorator.ts";
import type { Verb } from "../transport/verbs.ts";

/** A decorator that is told of every verb once it has ended, and changes none. */
export abstract class RecordingDecorator extends TransportDecorator {
  /** `durationMs` is from the call to its answer, or to the end of the iteration; `failure` what it rejected with. */
  protected abstract record(verb: Verb, path: string, durationMs: number, failure?: unknown): void;

  protected override async ask<T>(verb: Verb, path: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await work();
      this.record(verb, path, performance.now() - startedAt);
      return answer;
    } catch (error) {
      this.record(verb, path, performance.now() - startedAt, error);
      throw error;
    }
  }

  protected override async *stream<T>(verb: Verb, path: string, work: () => AsyncIterable<T>): AsyncGenerator<T> {
    const startedAt = performance.now();
    let failure: unknown;
    try {
      yield* work();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.record(verb, path, performance.now() - startedAt, failure);
    }
  }
}
