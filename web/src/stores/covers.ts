/** Calls of whoever waits for a cover. */
export interface CoverSeat {
  /** It is this cover's turn: load it. */
  load(): void;
  /** It could not be loaded, again and again. */
  giveUp(): void;
}

/** A place in the queue. */
export interface CoverTicket {
  loaded(): void;
  failed(): void;
  /** Nobody looks at it any more. */
  leave(): void;
}

/** Time, as the queue needs it. */
export interface Clock {
  now(): number;
  /** Calls back after so many milliseconds, once; returns how to call that off. */
  after(milliseconds: number, call: () => void): () => void;
}

export const AT_ONCE = 6;
/** The host of the covers turns callers away above 20 to 40 a minute. */
export const COVERS_A_WINDOW = 30;
export const WINDOW_MS = 60_000;
export const TRIES_MAX = 4;
export const REST_MS = 2_000;
export const REST_MS_MAX = 60_000;
export const WAITING_MAX = 500;
export const KNOWN_MAX = 5_000;
/** What comes sooner was in the browser's own cache, and cost their host nothing. */
export const CACHED_MS = 25;

interface Waiting {
  readonly url: string;
  readonly seat: CoverSeat;
  tries: number;
  startedAt: number | undefined;
}

/**
 * One queue for all covers: so many at once, so many a minute, and a rest that doubles after each failure, since a page
 * cannot see whether a cover is missing or its host had enough. What was asked for last is in view, and goes first.
 */
export class CoverQueue {
  #waiting: Waiting[] = [];
  #loading = new Set<Waiting>();
  #starts: number[] = [];
  #known = new Set<string>();
  #restUntil = 0;
  #failures = 0;
  #callOff: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** Wait for a turn. A cover that was loaded before has it at once. */
  enter(url: string, seat: CoverSeat): CoverTicket {
    const one: Waiting = { url, seat, tries: 0, startedAt: undefined };
    if (this.#known.has(url)) this.#start(one, false);
    else {
      this.#waiting.push(one);
      if (this.#waiting.length > WAITING_MAX) this.#waiting.shift()?.seat.giveUp();
      this.#turn();
    }
    return {
      loaded: () => this.#loaded(one),
      failed: () => this.#failed(one),
      leave: () => this.#leave(one),
    };
  }

  #loaded(one: Waiting): void {
    if (!this.#loading.delete(one)) return;
    this.#failures = 0;
    this.#known.add(one.url);
    if (this.#known.size > KNOWN_MAX)
      for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
    const { startedAt } = one;
    if (startedAt !== undefined && this.clock.now() - startedAt < CACHED_MS) this.#giveBack(startedAt);
    this.#turn();
  }

  #failed(one: Waiting): void {
    if (!this.#loading.delete(one)) return;
    this.#known.delete(one.url);
    this.#failures += 1;
    const rest = Math.min(REST_MS_MAX, REST_MS * 2 ** Math.min(10, this.#failures - 1));
    this.#restUntil = Math.max(this.#restUntil, this.clock.now() + rest);
    // At the far end of the queue: a cover that is missing must not keep the others waiting.
    if (one.tries < TRIES_MAX) this.#waiting.unshift(one);
    else one.seat.giveUp();
    this.#turn();
  }

  #leave(one: Waiting): void {
    this.#loading.delete(one);
    const place = this.#waiting.indexOf(one);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#turn();
  }

  #turn(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    while (this.#waiting.length > 0 && this.#loading.size < AT_ONCE) {
      const wait = this.#waitMs();
      if (wait > 0) {
        this.#callOff = this.clock.after(wait, () => this.#turn());
        return;
      }
      const next = this.#waiting.pop();
      if (next !== undefined) this.#start(next, true);
    }
  }

  #start(one: Waiting, counts: boolean): void {
    one.tries += 1;
    one.startedAt = counts ? this.clock.now() : undefined;
    if (counts) this.#starts.push(this.clock.now());
    this.#loading.add(one);
    one.seat.load();
  }

  #waitMs(): number {
    const now = this.clock.now();
    while (this.#starts[0] !== undefined && this.#starts[0] <= now - WINDOW_MS) this.#starts.shift();
    const oldest = this.#starts.length < COVERS_A_WINDOW ? undefined : this.#starts[0];
    const full = oldest === undefined ? 0 : oldest + WINDOW_MS - now;
    return Math.max(0, full, this.#restUntil - now);
  }

  #giveBack(startedAt: number): void {
    const place = this.#starts.indexOf(startedAt);
    if (place >= 0) this.#starts.splice(place, 1);
  }
}

/** The browser's own time. */
export const browserClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};
