import type { ApiRequest } from "../protocol/messages";
import { type Answer, oversize, unanswered } from "./answers";
import type { Call } from "./call";
import type { Clock } from "./clock";
import type { Guard } from "./guard";
import type { Outbox } from "./outbox";
import type { SignIn } from "./sign_in";

export const IN_FLIGHT_MAX = 12;

/** One call that was made or refused in the user's name. No token, no answer. */
export interface CallMade {
  readonly requestId: string;
  readonly attempt: number;
  /** Path and query. */
  readonly path: string;
  /** 0 where no HTTP answer was seen; `code` then says why. */
  readonly status: number;
  readonly code?: string;
  readonly milliseconds: number;
  /** When it began, for people. */
  readonly at: string;
}

/** What whoever watches is told. */
export interface FetchingEvents {
  /** An answer waits to be sent. */
  news(): void;
  made(call: CallMade): void;
  /** A request was left to the server, since too many answers wait for it; it will ask again. */
  notTaken(requestId: string): void;
}

interface Taken {
  readonly request: ApiRequest;
  readonly signIn: SignIn;
  /** The newest that was asked for. */
  attempt: number;
}

/**
 * Takes requests, has them guarded and made, and keeps the answers. At most `inFlightMax` calls at once; the others wait their
 * turn, and are judged when it comes. A request is waiting, being made, or in the outbox, and in none of them twice.
 */
export class Fetching {
  /** Whether any answer told of the quota: across origins a browser shows such headers only where it is allowed to. */
  sawRateHeaders = false;
  readonly #waiting = new Map<string, Taken>();
  readonly #making = new Map<string, Taken>();
  readonly #stopping = new AbortController();
  #idle: (() => void)[] = [];

  constructor(
    private readonly parts: {
      readonly guard: Guard;
      readonly call: Call;
      readonly outbox: Outbox;
      readonly clock: Clock;
      readonly events: FetchingEvents;
      readonly baseUrl: string;
      readonly rateHeader: string;
    },
    private readonly inFlightMax = IN_FLIGHT_MAX,
  ) {}

  /** Requests that are being made or whose answers are kept: they are not to be given to anybody else. */
  get holding(): string[] {
    return [...this.#making.keys(), ...this.parts.outbox.requestIds];
  }

  get isIdle(): boolean {
    return this.#waiting.size + this.#making.size + this.parts.outbox.count === 0;
  }

  /** What is to be sent next. */
  nextAnswer(): Answer | undefined {
    return this.parts.outbox.nextDue();
  }

  /** Whatever is kept goes out again. */
  connectedAnew(): void {
    this.parts.outbox.sendAllAgain();
  }

  /** The server asks for a call. */
  take(request: ApiRequest, signIn: SignIn): void {
    const { outbox, events } = this.parts;
    const { requestId, attempt } = request;
    const taken = this.#making.get(requestId) ?? this.#waiting.get(requestId);
    const kept = outbox.answer(requestId);
    if (taken !== undefined) {
      // The failure of an attempt that is no longer the newest would not count: answer the newest.
      taken.attempt = Math.max(taken.attempt, attempt);
    } else if (kept !== undefined && answers(kept, attempt)) {
      outbox.sendAgain(requestId);
      events.news();
    } else if (!outbox.hasRoom(this.#making.size + this.#waiting.size)) {
      events.notTaken(requestId);
    } else {
      outbox.forget(requestId);
      this.#waiting.set(requestId, { request, signIn, attempt });
      this.#startCalls();
    }
  }

  /** The server has stored the answer, or has no use for it. */
  acknowledged(requestId: string): void {
    this.parts.outbox.forget(requestId);
    this.parts.events.news(); // one more may be on its way now
    this.#settle();
  }

  /** Calls that are under way go on; those that were not begun are the server's again. */
  disconnected(): void {
    this.#waiting.clear();
    this.#settle();
  }

  /** The server closed the socket over the size of a message: say so instead of sending it again. */
  tooLarge(): void {
    const answer = this.parts.outbox.largestSent();
    if (answer !== undefined) this.parts.outbox.put(oversize(answer));
  }

  /** Stop the calls that are under way, for good; nothing is kept of them. */
  abandon(): void {
    this.#waiting.clear();
    this.#stopping.abort();
    this.#settle();
  }

  /** When no call is under way and every answer is acknowledged. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#settle();
    });
  }

  #settle(): void {
    if (!this.isIdle) return;
    for (const tell of this.#idle.splice(0)) tell();
  }

  #startCalls(): void {
    for (const [requestId, taken] of this.#waiting) {
      if (this.#making.size >= this.inFlightMax) return;
      this.#waiting.delete(requestId);
      this.#making.set(requestId, taken);
      void this.#make(taken);
    }
  }

  async #make(taken: Taken): Promise<void> {
    const { clock, outbox, events } = this.parts;
    const [begunAt, at] = [clock.monotonic(), clock.now().toISOString()];
    let answer: Answer;
    try {
      answer = await this.#guarded(taken);
    } catch (fault) {
      if (this.#stopping.signal.aborted) return;
      throw fault;
    } finally {
      this.#making.delete(taken.request.requestId);
      this.#settle();
    }
    if (this.#stopping.signal.aborted) return;
    this.sawRateHeaders ||= Object.keys(answer.headers).some((name) => name.includes(this.parts.rateHeader));
    outbox.put({ ...answer, attempt: taken.attempt });
    events.made({ ...this.#told(taken, answer), milliseconds: clock.monotonic() - begunAt, at });
    events.news();
    this.#startCalls();
  }

  async #guarded({ request, signIn }: Taken): Promise<Answer> {
    const refusal = this.parts.guard.refusal(request, signIn, this.parts.clock.monotonic());
    if (refusal !== undefined) return unanswered(request.requestId, `${refusal.code}: ${refusal.sentence}`);
    return await this.parts.call(request, this.#stopping.signal);
  }

  #told({ request, attempt }: Taken, answer: Answer) {
    const { requestId, status, error } = answer;
    const code = error?.split(":", 1)[0];
    // What was refused for its address is not shown: it may be anything.
    const path = code === "refused_url" ? "" : request.url.slice(this.parts.baseUrl.length);
    return { requestId, attempt, path, status, ...(code === undefined ? {} : { code }) };
  }
}

/** Whether what is kept answers this attempt: a success answers any, a failure only its own. */
function answers(kept: Answer, attempt: number): boolean {
  return (kept.status >= 200 && kept.status < 300) || kept.attempt === undefined || kept.attempt >= attempt;
}
