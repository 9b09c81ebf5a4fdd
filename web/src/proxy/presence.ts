import { CLOSE_CODES, TERMINAL_FIRST, TERMINAL_LAST } from "../protocol/wire";
import type { Backoff } from "./backoff";
import { type Clock, wait } from "./clock";
import type { Connection, Ending } from "./connection";
import type { ConnectionState, StopCode } from "./events";

/** A connection that lasted so long was a good one. */
const STEADY_MS = 10_000;
/** How often it is asked whether there is a newer token: well within what the page keeps in reserve. */
export const RENEW_MS = 15_000;
const REFUSALS_MAX = 2;

/** What came of asking for a token. */
export type TokenAnswer =
  | { readonly token: string }
  /** `unreachable`: the server could not be asked; `signed_out`: there is no sign-in; `nobody`: no page answered. */
  | { readonly without: "unreachable" | "signed_out" | "nobody" };

export interface Tokens {
  /** A token that is good for now; a new one where the last was refused. */
  ask(isRefused: boolean): Promise<TokenAnswer>;
}

/** Why a presence is over. */
export interface Stop {
  readonly code: StopCode;
  readonly sentence: string;
}

export interface PresenceParts {
  readonly connect: (token: string) => Connection;
  readonly tokens: Tokens;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly tell: (state: ConnectionState) => void;
  /** The server closed over the size of a message. */
  readonly tooLarge: () => void;
  readonly renewMs?: number;
}

const ABANDONED = { wasSignedIn: false, served: false };

/** Staying connected: the next connection after each that ends, with growing, jittered waits, until it is told not to come back. */
export class Presence {
  #connection: Connection | undefined;
  #waiting: AbortController | undefined;
  #refusals = 0;

  constructor(private readonly parts: PresenceParts) {}

  /** The page was looked at again, or the network came back: do not wait, and do not believe an old silence. */
  wake(): void {
    this.#waiting?.abort();
    this.#connection?.check();
  }

  /** Send what waits to be sent. */
  sendAnswers(): void {
    this.#connection?.sendAnswers();
  }

  /** Stay connected until stopped, or until coming back makes no sense. */
  async run(stopping: AbortSignal): Promise<Stop> {
    const { clock, backoff, tell } = this.parts;
    while (!stopping.aborted) {
      tell({ phase: "connecting" });
      const begunAt = clock.monotonic();
      const ending = await this.#oneConnection(stopping);
      if (stopping.aborted) break;
      const stop = this.#stopAfter(ending);
      if (stop !== undefined) return { code: stop, sentence: ending.sentence };
      if (ending.served || clock.monotonic() - begunAt >= STEADY_MS) backoff.reset();
      const retryMs = backoff.nextMs();
      tell({ phase: "waiting", retryMs, sentence: ending.sentence });
      this.#waiting = new AbortController();
      await wait(clock, retryMs, AbortSignal.any([stopping, this.#waiting.signal]));
      this.#waiting = undefined;
    }
    return { code: "not_started", sentence: "Stopped." };
  }

  async #oneConnection(stopping: AbortSignal): Promise<Ending> {
    const answer = await Promise.race([this.parts.tokens.ask(this.#refusals > 0), aborted(stopping)]);
    if (answer === undefined || stopping.aborted) return { sentence: "Stopped.", ...ABANDONED };
    if ("without" in answer) return without(answer.without);
    const connection = this.parts.connect(answer.token);
    this.#connection = connection;
    const leave = () => void connection.leave();
    stopping.addEventListener("abort", leave);
    const over = new AbortController();
    void this.#renew(connection, answer.token, over.signal);
    try {
      return await connection.ending;
    } finally {
      over.abort();
      stopping.removeEventListener("abort", leave);
      this.#connection = undefined;
    }
  }

  /** Show newer tokens before the old one runs out and the server closes. */
  async #renew(connection: Connection, first: string, over: AbortSignal): Promise<void> {
    const { clock, tokens, renewMs = RENEW_MS } = this.parts;
    let shown = first;
    for (;;) {
      await wait(clock, renewMs, over);
      if (over.aborted) return;
      // Where there is none, the server closes in its own time, and the next connection says why.
      const answer = await tokens.ask(false);
      if (over.aborted || !("token" in answer) || answer.token === shown) continue;
      shown = answer.token;
      connection.renew(shown);
    }
  }

  #stopAfter(ending: Ending): StopCode | undefined {
    const code = ending.closeCode;
    if (ending.stop !== undefined) return ending.stop;
    if (ending.wasSignedIn) this.#refusals = 0;
    if (code === CLOSE_CODES.FRAME_TOO_LARGE) this.parts.tooLarge();
    if (code === CLOSE_CODES.SIGN_IN_AGAIN) {
      this.#refusals += 1;
      return this.#refusals > REFUSALS_MAX ? "sign_in_refused" : undefined;
    }
    if (code === CLOSE_CODES.VERSION_TOO_OLD) return "version_too_old";
    if (code === CLOSE_CODES.ORIGIN_REFUSED) return "origin_refused";
    return code !== undefined && code >= TERMINAL_FIRST && code <= TERMINAL_LAST ? "fault" : undefined;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

function without(why: "unreachable" | "signed_out" | "nobody"): Ending {
  switch (why) {
    case "unreachable":
      return { sentence: "The server does not answer.", ...ABANDONED };
    case "signed_out":
      return { sentence: "Nobody is signed in any more.", stop: "signed_out", ...ABANDONED };
    case "nobody":
      return { sentence: "No page answered for a token.", stop: "no_page", ...ABANDONED };
  }
}
