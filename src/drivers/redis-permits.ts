import type {
  PermitStore,
  ReleaseRequest,
  RenewAnswer,
  RenewRequest,
  TakeAnswer,
  TakeRequest,
} from "../connection/permit-store.ts";
import { TransportError } from "../errors/transport-error.ts";
import type { RedisScripting } from "./redis-connection.ts";
import { RedisConnection } from "./redis-connection.ts";
import { redisError } from "./redis-errors.ts";
import { keyNames, releaseScript, renewScript, takeScript } from "./redis-scripts.ts";

/** Longer than that Redis need not remember what a server refused. */
const longestRefusalMs = 86_400_000;

/** Keeps count in Redis. */
export class RedisPermits implements PermitStore {
  readonly label: string;
  readonly #redis: RedisScripting;
  /** Whether the connection is ours to close. */
  readonly #own: RedisConnection | undefined;

  constructor(redis: RedisScripting, label: string) {
    this.label = label;
    this.#redis = redis;
    this.#own = redis instanceof RedisConnection ? redis : undefined;
  }

  async take(key: string, { id, limit, permitMs, placeMs, arrival }: TakeRequest): Promise<TakeAnswer> {
    const answer = await this.#run(takeScript, key, [id, limit, permitMs, placeMs, arrival]);
    return { granted: answer[0] === 1, arrival: numberAt(answer, 1), ahead: numberAt(answer, 2) };
  }

  async renew(key: string, { holder, limit, permitMs, ids }: RenewRequest): Promise<RenewAnswer> {
    const answer = await this.#run(renewScript, key, [holder, limit, permitMs, ...ids]);
    return {
      own: numberAt(answer, 0),
      waiting: numberAt(answer, 1),
      fewest: numberAt(answer, 2),
      older: numberAt(answer, 3),
      held: answer.slice(4).map((goesOn) => goesOn === 1),
    };
  }

  async release(key: string, { ids, refusedForMs }: ReleaseRequest): Promise<void> {
    const rememberedMs = Math.ceil(Math.min(longestRefusalMs, refusedForMs));
    await this.#run(releaseScript, key, [rememberedMs, ...ids]);
  }

  reset(): void {
    this.#own?.close();
  }

  rest(): void {
    this.#own?.close();
  }

  /** The numbers that a script answers with. */
  async #run(script: string, key: string, values: readonly (string | number)[]): Promise<readonly number[]> {
    const keys = keyNames.map((name) => `samewire:{${key}}:${name}`);
    try {
      const answer = await this.#redis.eval(script, { keys, arguments: values.map(String) });
      return Array.isArray(answer) ? answer.map(Number) : [Number(answer)];
    } catch (error) {
      throw redisError(error, this.label);
    }
  }
}

function numberAt(answer: readonly number[], index: number): number {
  const { [index]: number } = answer;
  if (number !== undefined && Number.isFinite(number)) return number;
  throw new TransportError("protocol-error", "Redis answered a script with something else than numbers");
}
