export const FIRST_MS = 1_000;
export const CAP_MS = 60_000;

/**
 * Full jitter under a bound that doubles up to a cap, so that a thousand clients do not come back at once.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("Full Jitter").
 */
export class Backoff {
  #bound: number;

  /** `random` gives a number from 0 to 1. */
  constructor(
    private readonly random: () => number,
    private readonly firstMs = FIRST_MS,
    private readonly capMs = CAP_MS,
  ) {
    this.#bound = firstMs;
  }

  /** The next wait; the one after it may be twice as long. */
  nextMs(): number {
    const milliseconds = this.random() * Math.min(this.#bound, this.capMs);
    this.#bound = Math.min(this.#bound * 2, this.capMs);
    return milliseconds;
  }

  /** It worked: the next wait is short again. */
  reset(): void {
    this.#bound = this.firstMs;
  }
}
