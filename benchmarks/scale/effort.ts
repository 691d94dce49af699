/** How much of everything is tried. */
export interface Effort {
  /** How long each way of working is measured, after as much for warming up. */
  readonly measureMs: number;
  readonly wires: readonly number[];
  readonly atOnce: readonly number[];
  readonly clones: number;
  readonly transports: number;
  readonly idleWires: number;
  readonly streams: number;
}

export const thorough: Effort = {
  measureMs: 1_500,
  wires: [1, 8],
  atOnce: [1, 64],
  clones: 100_000,
  transports: 10_000,
  idleWires: 200,
  streams: 500,
};

export const quick: Effort = {
  measureMs: 50,
  wires: [1, 2],
  atOnce: [4],
  clones: 1_000,
  transports: 100,
  idleWires: 4,
  streams: 8,
};
