/**
 * Who keeps count of permits, by keys. An id is `<holder>.<number>`: it stands in line first, and is that of the permit then. Asking again with one id is as
 * asking once, so that an answer may get lost. Rejects with a `TransportError`; whoever asks waits for no longer than it likes.
 */
export interface PermitStore {
  /** Where the count is kept, without secrets: for messages. */
  readonly label: string;
  /** Asks for a permit: it is there at once, or there is a place in the line, which has to be asked for again and again. Who has fewest permits comes first, then who came first. */
  take(key: string, request: TakeRequest): Promise<TakeAnswer>;
  /** Prolongs permits, also those that were forgotten where there is room, and tells who waits. */
  renew(key: string, request: RenewRequest): Promise<RenewAnswer>;
  /** Gives permits back, and places in the line. */
  release(key: string, request: ReleaseRequest): Promise<void>;
  /** It did not answer in time: it is reached in another way from now on. */
  reset?(): void;
  /** Nobody of this process has a permit or waits for one: what is open is closed, until the next question. */
  rest?(): void;
}

/** What is asked of a store for a permit. */
export interface TakeRequest {
  /** Of the permit, and before that of the place in the line. */
  readonly id: string;
  /** Permits of a key at most. */
  readonly limit: number;
  /** How long the permit lasts where it is not renewed. */
  readonly permitMs: number;
  /** How long the place in the line is kept where it is not asked for again. */
  readonly placeMs: number;
  /** What the last answer said; 0 the first time. A place that was forgotten is taken again with it. */
  readonly arrival: number;
}

/** A permit, or a place in the line. */
export interface TakeAnswer {
  /** Whether there is a permit. */
  readonly granted: boolean;
  /** When one came to the line, as the store itself counts: who came before has a smaller one. */
  readonly arrival: number;
  /** How many come first. */
  readonly ahead: number;
}

/** Permits that are still needed. */
export interface RenewRequest {
  /** Whose they are. */
  readonly holder: string;
  /** Permits of a key at most. */
  readonly limit: number;
  /** How long they last from now. */
  readonly permitMs: number;
  /** The permits. */
  readonly ids: readonly string[];
}

/** What became of permits, and who waits. */
export interface RenewAnswer {
  /** Whether each of the permits goes on. */
  readonly held: readonly boolean[];
  /** Permits of this holder. */
  readonly own: number;
  /** Others who wait, and for whom there is no room. */
  readonly waiting: number;
  /** Permits of the one among them who has fewest. */
  readonly fewest: number;
  /** Permits of others that are older than this holder's oldest one. */
  readonly older: number;
}

/** Permits, and places in the line, that nobody needs any more. */
export interface ReleaseRequest {
  /** Permits, and places in the line. */
  readonly ids: readonly string[];
  /** For how long no more permits are given than there are without these, since the server let nobody else in; 0 where it did not say so. */
  readonly refusedForMs: number;
}
