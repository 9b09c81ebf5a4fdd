import { decodeServerMessage, encode, MalformedMessage } from "../protocol/codec";
import type { ServerMessage, Welcome } from "../protocol/messages";
import { FRAME_BYTES_MAX } from "../protocol/wire";
import { answerFrame } from "./answers";
import type { Cancel, Clock } from "./clock";
import { instantOf } from "./clock";
import type { StopCode, SyncMessage, WatchOnly } from "./events";
import type { Fetching } from "./fetching";
import { newId } from "./identity";
import { UntrustedKey } from "./pins";
import type { Keys, SignIn } from "./sign_in";

/** How long a connection waits for what, in milliseconds. */
export interface Timing {
  readonly signInMs: number;
  readonly pingAfterMs: number;
  readonly pongWithinMs: number;
  readonly farewellMs: number;
}

export const TIMING: Timing = {
  signInMs: 20_000,
  pingAfterMs: 20_000,
  pongWithinMs: 10_000,
  farewellMs: 3_000,
};

/** Why a connection is over. `served`: an answer was acknowledged on it. `stop`: coming back makes no sense. */
export interface Ending {
  readonly sentence: string;
  readonly closeCode?: number;
  readonly stop?: StopCode;
  readonly wasSignedIn: boolean;
  readonly served: boolean;
}

export interface ConnectionEvents {
  signedIn(watchOnly: WatchOnly | undefined): void;
  /** The server gave a request. */
  asked(): void;
  sync(message: SyncMessage): void;
  fault(sentence: string): void;
}

export interface ConnectionParts {
  readonly url: string;
  /** Whose connection it is to be. */
  readonly account: string;
  readonly clientId: string;
  readonly fetching: Fetching;
  /** The keys to trust from now on. Throws `UntrustedKey`. */
  readonly trust: (offered: Welcome["signingKeys"]) => Keys;
  readonly inFlightMax: number;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly events: ConnectionEvents;
}

/** One socket, from the handshake to the close: requests go to `fetching`, answers to the server, and silence is noticed. */
export class Connection {
  /** Settled when the connection is over; it never throws. */
  readonly ending: Promise<Ending>;
  readonly #socket: WebSocket;
  #end: (ending: Ending) => void = () => {};
  #signIn: SignIn | undefined;
  #served = false;
  #isLeaving = false;
  #isOver = false;
  #deadline: Cancel = () => {};

  constructor(
    private readonly parts: ConnectionParts,
    private readonly token: string,
  ) {
    this.ending = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#socket = new WebSocket(parts.url);
    this.#socket.onopen = () => this.#authenticate(this.token);
    this.#socket.onmessage = ({ data }) => this.#hear(data);
    this.#socket.onclose = ({ code, reason }) =>
      this.#over(reason || `The connection was closed (code ${code}).`, { closeCode: code });
    this.#deadline = parts.clock.after(parts.timing.signInMs, () =>
      this.#over("The server did not answer the sign-in."),
    );
  }

  /** Show a newer token. */
  renew(token: string): void {
    if (this.#signIn !== undefined && !this.#isOver) this.#authenticate(token);
  }

  /** Make sure at once that the server is still there: this machine may have slept. */
  check(): void {
    if (this.#signIn !== undefined && !this.#isOver) this.#ping();
  }

  /** Send what waits to be sent. */
  sendAnswers(): void {
    while (this.#signIn !== undefined && !this.#isOver) {
      const answer = this.parts.fetching.nextAnswer();
      if (answer === undefined) return;
      this.#socket.send(answerFrame(answer, this.parts.clock.now(), this.#signIn.frameBytesMax));
    }
  }

  /** Finish what is in hand, quickly, and close. */
  async leave(): Promise<void> {
    if (this.#signIn !== undefined && !this.#isOver) {
      this.#isLeaving = true; // what is asked from now on is the server's again once the socket is closed
      this.parts.fetching.disconnected();
      await Promise.race([this.parts.fetching.idle(), this.#farewell(), this.ending]);
    }
    this.#over("Stopped.");
  }

  /** Close at once. */
  drop(): void {
    this.#over("Stopped.");
  }

  #farewell(): Promise<void> {
    return new Promise((resolve) => {
      this.parts.clock.after(this.parts.timing.farewellMs, resolve);
    });
  }

  #over(sentence: string, more: { closeCode?: number; stop?: StopCode } = {}): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.parts.fetching.disconnected();
    this.#end({ sentence, ...more, wasSignedIn: this.#signIn !== undefined, served: this.#served });
  }

  #authenticate(token: string): void {
    const { clientId, inFlightMax, fetching } = this.parts;
    const client = {
      clientId,
      kind: "browser",
      maxInFlight: inFlightMax,
      readsRateLimitHeaders: fetching.sawRateHeaders,
      holding: fetching.holding,
    };
    const envelope = { ...this.#envelope("auth", "authenticate"), type: "authenticate" as const };
    this.#socket.send(encode({ ...envelope, data: { token, client } }));
  }

  #envelope(channel: string, action: string) {
    return { id: newId(), channel, action, timestamp: this.parts.clock.now().toISOString() };
  }

  #hear(frame: unknown): void {
    if (this.#signIn !== undefined) this.#listenFor(this.parts.timing.pingAfterMs, () => this.#ping());
    try {
      this.#obey(decodeServerMessage(frame));
    } catch (fault) {
      if (!(fault instanceof MalformedMessage)) throw fault;
      if (fault.code !== "unknown_type") this.parts.events.fault(fault.message);
    }
  }

  #obey(message: ServerMessage): void {
    const { events, fetching } = this.parts;
    switch (message.type) {
      case "authenticated":
        this.#welcome(message.data);
        break;
      case "discogs_api_request":
        if (this.#signIn !== undefined && !this.#isLeaving) {
          events.asked();
          fetching.take(message.data, this.#signIn);
        }
        break;
      case "response_ack":
        this.#served = true;
        fetching.acknowledged(message.data.requestId);
        break;
      case "sync_progress":
      case "sync_complete":
      case "sync_error":
        events.sync(message);
        break;
      case "error":
        // Our answers are named after their requests. One that cannot be read is not worth sending again.
        if (message.data.messageId) fetching.acknowledged(message.data.messageId);
        events.fault(`The server did not understand a message: ${message.data.code}.`);
        break;
      case "ping":
        this.#socket.send(encode({ ...this.#envelope("connection", "pong"), type: "pong", data: {} }));
        break;
      case "pong":
        break;
      default:
        message satisfies never;
    }
  }

  #welcome(welcome: Welcome): void {
    const serverTime = instantOf(welcome.serverTime);
    if (serverTime === undefined) {
      this.#over("The server does not tell the time in a readable way.", { stop: "fault" });
      return;
    }
    if (welcome.userId !== this.parts.account) {
      this.#over("Somebody else is signed in by now.", { stop: "signed_out" });
      return;
    }
    let keys: Keys;
    try {
      keys = this.parts.trust(welcome.signingKeys);
    } catch (fault) {
      if (!(fault instanceof UntrustedKey)) throw fault;
      this.#over(fault.message, { stop: "key_not_trusted" });
      return;
    }
    const isFirst = this.#signIn === undefined;
    this.#signIn = {
      connectionId: welcome.connectionId,
      userId: welcome.userId,
      keys,
      serverTime,
      heardAt: this.parts.clock.monotonic(),
      frameBytesMax: Math.min(welcome.frameBytesMax, FRAME_BYTES_MAX),
    };
    if (!isFirst) return;
    this.#listenFor(this.parts.timing.pingAfterMs, () => this.#ping());
    this.parts.events.signedIn(welcome.watchOnly ?? undefined);
    this.parts.fetching.connectedAnew();
    this.sendAnswers();
  }

  #ping(): void {
    this.#socket.send(encode({ ...this.#envelope("connection", "ping"), type: "ping", data: {} }));
    this.#listenFor(this.parts.timing.pongWithinMs, () => this.#over("The server fell silent."));
  }

  #listenFor(milliseconds: number, then: () => void): void {
    this.#deadline();
    this.#deadline = this.parts.clock.after(milliseconds, then);
  }
}
