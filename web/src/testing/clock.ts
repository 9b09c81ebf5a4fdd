import type { Clock } from "../proxy/clock";
import { NOW } from "./signer";

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #at = 0;
  #timers: { readonly at: number; readonly then: () => void }[] = [];

  monotonic(): number {
    return this.#at;
  }

  now(): Date {
    return new Date(NOW + this.#at);
  }

  after(milliseconds: number, then: () => void): () => void {
    const timer = { at: this.#at + milliseconds, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Let time pass, and what was to be done in it. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#at + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#timers
        .filter((timer) => timer.at <= until)
        .sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#at = next.at;
      next.then();
    }
    this.#at = until;
    await settled();
  }
}

/** Until everything that could be done at once is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
