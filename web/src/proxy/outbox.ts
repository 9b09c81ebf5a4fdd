import type { Answer } from "./answers";

export const ANSWERS_MAX = 500;
export const BYTES_MAX = 64 * 1024 * 1024;
export const SENDS_MAX = 20;
/** How many may be on their way to the server without an acknowledgement: a server closes on a flood of messages. */
export const UNACKNOWLEDGED_MAX = 50;

/** Where answers outlive the worker. Nothing of it is waited for. */
export interface Shelf {
  put(answer: Answer): void;
  forget(requestId: string): void;
}

interface Kept {
  readonly answer: Answer;
  sends: number;
  isDue: boolean;
}

/**
 * Keeps each answer until its `response_ack`, so that no answered call is paid for twice.
 *
 * Oldest first. An answer that was sent `SENDS_MAX` times without an acknowledgement is given up: a server that cannot read it
 * must not be asked for ever.
 */
export class Outbox {
  readonly #kept = new Map<string, Kept>();
  #size = 0;

  /** `stored` is what the shelf holds of an earlier life. */
  constructor(
    private readonly shelf: Shelf,
    stored: readonly Answer[] = [],
    private readonly answersMax = ANSWERS_MAX,
    private readonly bytesMax = BYTES_MAX,
  ) {
    for (const answer of stored.slice(0, answersMax)) this.#take(answer);
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Whose answers are kept. */
  get requestIds(): string[] {
    return [...this.#kept.keys()];
  }

  /** Whether one more call may be made while `calls` others are on their way. */
  hasRoom(calls: number): boolean {
    return this.#kept.size + calls < this.answersMax && this.#size < this.bytesMax;
  }

  /** The answer that is kept for this request. */
  answer(requestId: string): Answer | undefined {
    return this.#kept.get(requestId)?.answer;
  }

  /** Keep an answer and have it sent; it takes the place of an older one to the same request. */
  put(answer: Answer): void {
    this.#drop(answer.requestId);
    this.#take(answer);
    this.shelf.put(answer);
  }

  /** The server has it. False where nothing was kept. */
  forget(requestId: string): boolean {
    const wasKept = this.#drop(requestId);
    if (wasKept) this.shelf.forget(requestId);
    return wasKept;
  }

  /** Forget all of it, here; whoever owns the shelf clears that. */
  clear(): void {
    this.#kept.clear();
    this.#size = 0;
  }

  /** The oldest answer that waits to be sent; it then counts as sent. */
  nextDue(): Answer | undefined {
    let unacknowledged = 0;
    for (const [requestId, kept] of this.#kept) {
      if (!kept.isDue) {
        unacknowledged += 1;
        if (unacknowledged >= UNACKNOWLEDGED_MAX) return undefined;
      } else if (kept.sends >= SENDS_MAX) {
        this.forget(requestId);
      } else {
        kept.isDue = false;
        kept.sends += 1;
        return kept.answer;
      }
    }
    return undefined;
  }

  /** The server asks once more for what is kept. */
  sendAgain(requestId: string): void {
    const kept = this.#kept.get(requestId);
    if (kept !== undefined) kept.isDue = true;
  }

  /** A new socket: nobody knows what the old one delivered. */
  sendAllAgain(): void {
    for (const kept of this.#kept.values()) kept.isDue = true;
  }

  /** The answer that most likely was too large, when the server says that one was. */
  largestSent(): Answer | undefined {
    return [...this.#kept.values()]
      .filter((kept) => !kept.isDue)
      .map((kept) => kept.answer)
      .reduce<Answer | undefined>(
        (largest, answer) => (answer.body.length > (largest?.body.length ?? -1) ? answer : largest),
        undefined,
      );
  }

  #take(answer: Answer): void {
    this.#kept.set(answer.requestId, { answer, sends: 0, isDue: true });
    this.#size += answer.body.length;
  }

  #drop(requestId: string): boolean {
    const kept = this.#kept.get(requestId);
    if (kept === undefined) return false;
    this.#size -= kept.answer.body.length;
    return this.#kept.delete(requestId);
  }
}
