/** Forget about it. */
export type Cancel = () => void;

/** Time, handed in so that tests need not wait. Never subtract a `now` from another, or from a `monotonic`. */
export interface Clock {
  /** Milliseconds that no step of the wall clock disturbs. */
  monotonic(): number;
  /** For timestamps and people. */
  now(): Date;
  /** Do something later. */
  after(milliseconds: number, then: () => void): Cancel;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  now: () => new Date(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Wait, or less where the signal says so. */
export function wait(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal.addEventListener("abort", done);
  });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** An ISO 8601 time of the wire in milliseconds of the epoch; nothing where it cannot be read, or has no zone. */
export function instantOf(text: string): number | undefined {
  const milliseconds = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
