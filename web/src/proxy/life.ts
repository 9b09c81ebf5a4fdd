import { AUTHORIZATION, PATHS, QUERY, RATE_HEADER } from "../protocol/allow_list";
import { CALL_SECONDS_MAX, FRAME_BYTES_MAX } from "../protocol/wire";
import { AllowList } from "./allowed";
import { Backoff } from "./backoff";
import { type Call, httpCall } from "./call";
import type { Cancel, Clock } from "./clock";
import { Connection, TIMING, type Timing } from "./connection";
import type { Observer, SyncMessage, WatchOnly } from "./events";
import { type CallMade, Fetching, IN_FLIGHT_MAX } from "./fetching";
import { Guard } from "./guard";
import type { Identity } from "./identity";
import { isActive } from "./news";
import { Outbox } from "./outbox";
import { trustedKeys } from "./pins";
import type { Setup } from "./port_messages";
import { Presence, type Stop, type Tokens } from "./presence";
import type { Keys } from "./sign_in";

/** Between two calls of a sync lies at most a window of the quota, and a little. */
const FETCHING_MS = 75_000;

/** What a life needs of the world around it. */
export interface World {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly timing?: Timing;
  readonly call?: Call;
  readonly renewMs?: number;
}

const CALL = { callMs: CALL_SECONDS_MAX * 1000, bodyBytesMax: FRAME_BYTES_MAX, rateHeader: RATE_HEADER };

/** The client put together, for one account and as long as it is signed in here: `run` until it is over. */
export class Life {
  readonly #fetching: Fetching;
  readonly #presence: Presence;
  readonly #active = new Set<string>();
  #watchOnly: WatchOnly | undefined;
  #quiet: Cancel = () => {};
  #isFetching = false;
  #pinned: Keys = new Map();

  private constructor(
    private readonly world: World,
    private readonly setup: Setup,
    private readonly identity: Identity,
    private readonly outbox: Outbox,
    tokens: Tokens,
    private readonly observer: Observer,
  ) {
    const { clock } = world;
    const baseUrl = setup.upstream.replace(/\/+$/, "");
    this.#fetching = new Fetching({
      guard: new Guard({ baseUrl, allowList: new AllowList(PATHS, QUERY), authorization: AUTHORIZATION }),
      call: world.call ?? httpCall(CALL),
      outbox,
      clock,
      baseUrl,
      rateHeader: RATE_HEADER,
      events: {
        news: () => this.#presence.sendAnswers(),
        made: (call) => this.#made(call),
        notTaken: () => observer.fault("Too many answers wait for the server; a request was left to it."),
      },
    });
    this.#presence = new Presence({
      connect: (token) => this.#connect(token),
      tokens,
      backoff: new Backoff(world.random),
      clock,
      tell: (state) => observer.state(state),
      tooLarge: () => this.#fetching.tooLarge(),
      ...(world.renewMs === undefined ? {} : { renewMs: world.renewMs }),
    });
  }

  /** With what an earlier life of this client left. */
  static async begin(
    world: World,
    setup: Setup,
    identity: Identity,
    tokens: Tokens,
    observer: Observer,
  ): Promise<Life> {
    const { keeping, clientId } = identity;
    const outbox = new Outbox(keeping.shelf(clientId), await keeping.answers(clientId));
    const life = new Life(world, setup, identity, outbox, tokens, observer);
    life.#pinned = await keeping.pins();
    return life;
  }

  /** Stay connected and serve, until stopped. */
  async run(stopping: AbortSignal): Promise<Stop> {
    const stop = await this.#presence.run(stopping);
    this.#quiet();
    this.#fetching.abandon();
    return stop;
  }

  wake(): void {
    this.#presence.wake();
  }

  /** Stop the calls, and forget every answer. */
  async forget(): Promise<void> {
    this.outbox.clear();
    this.#fetching.abandon();
    await this.identity.keeping.clear(this.identity.clientId);
  }

  #connect(token: string): Connection {
    const { clock, timing = TIMING } = this.world;
    return new Connection(
      {
        url: this.setup.socketUrl,
        account: this.setup.account,
        clientId: this.identity.clientId,
        fetching: this.#fetching,
        trust: (offered) => {
          const keys = trustedKeys(this.#pinned, offered);
          if (!isSame(keys, this.#pinned)) this.identity.keeping.pin(keys);
          this.#pinned = keys;
          return keys;
        },
        inFlightMax: IN_FLIGHT_MAX,
        clock,
        timing,
        events: {
          signedIn: (watchOnly) => this.#signedIn(watchOnly),
          asked: () => this.#asked(),
          sync: (message) => this.#heard(message),
          fault: (sentence) => this.observer.fault(sentence),
        },
      },
      token,
    );
  }

  #signedIn(watchOnly: WatchOnly | undefined): void {
    this.#watchOnly = watchOnly;
    this.#rest();
  }

  /** The server says who fetches by giving requests. */
  #asked(): void {
    this.#quiet();
    this.#quiet = this.world.clock.after(FETCHING_MS, () => this.#rest());
    if (!this.#isFetching) this.observer.state({ phase: "fetching" });
    this.#isFetching = true;
  }

  #heard(message: SyncMessage): void {
    const { sessionId } = message.data;
    if (isActive(message)) this.#active.add(sessionId);
    else if (this.#active.delete(sessionId) && this.#active.size === 0 && this.#isFetching) this.#rest();
    this.observer.sync(message);
  }

  #rest(): void {
    this.#quiet();
    this.#isFetching = false;
    const because = this.#watchOnly;
    this.observer.state(because === undefined ? { phase: "standing_by" } : { phase: "watching", because });
  }

  #made(call: CallMade): void {
    this.observer.call(call);
    if (call.code?.startsWith("refused_") && call.code !== "refused_expired") {
      this.observer.fault(`A request of the server was not made: ${call.code}.`);
    }
  }
}

function isSame(keys: Keys, others: Keys): boolean {
  return keys.size === others.size && [...keys].every(([keyId, key]) => others.get(keyId) === key);
}
