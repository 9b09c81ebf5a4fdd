import type { Cancel } from "./clock";
import type { ConnectionState, Observer } from "./events";
import { type Identity, takeIdentity } from "./identity";
import type { Keeping } from "./keeping";
import { Life, type World } from "./life";
import type { TakeName } from "./names";
import { News } from "./news";
import { Pages } from "./pages";
import type { FromPage, Port, Setup } from "./port_messages";
import type { Stop } from "./presence";

/** How long a life goes on without a page: a reload closes the only one. */
export const ALONE_MS = 10_000;

/** The worker that all of it runs in. */
export interface Home extends World {
  /** What names this worker among others of the same server, where there are no locks; else nothing. */
  readonly name: string;
  readonly isShared: boolean;
  readonly take: TakeName;
  readonly keeping: (server: string, fault: (sentence: string) => void) => Promise<Keeping>;
  /** Nothing more is to be done here. */
  readonly close: () => void;
}

/** What runs in the worker: one life at a time, and any number of pages that watch it. */
export class Core {
  readonly #pages: Pages;
  readonly #news = new News();
  readonly #observer: Observer = {
    state: (state) => this.#tellState(state),
    sync: (message) => {
      if (this.#news.sync(message)) this.#pages.tell({ kind: "sync", message });
    },
    call: (call) => {
      this.#news.call(call);
      this.#pages.tell({ kind: "call", call });
    },
    fault: (sentence) => this.fault(sentence),
  };
  #setup: Setup | undefined;
  #running: AbortController | undefined;
  #life: Life | undefined;
  #stop: Stop | undefined;
  #isWantedAgain = false;
  #alone: Cancel = () => {};

  constructor(private readonly home: Home) {
    this.#pages = new Pages(home.clock);
  }

  /** A page is at the other end of this port. */
  attach(port: Port): void {
    port.onmessage = ({ data }) => this.#hear(port, data as FromPage);
  }

  /** Something went wrong that a developer should see. */
  fault(sentence: string): void {
    this.#pages.tell({ kind: "fault", sentence });
  }

  #hear(port: Port, said: FromPage): void {
    if (said.kind === "bye") {
      this.#left(port);
      return;
    }
    this.#alone();
    const isNews = this.#pages.heard(port);
    if (isNews || said.kind === "hello") {
      const { state, syncs, calls } = this.#news;
      port.postMessage({ kind: "snapshot", state, syncs, calls });
    }
    switch (said.kind) {
      case "hello":
        this.#start(said.setup);
        break;
      case "token":
        this.#pages.answered(said);
        break;
      case "wake":
        this.wake();
        break;
      case "sign_out":
        void this.#signOut();
        break;
      case "trust_anew":
        void this.#trustAnew();
        break;
      case "here":
        break;
      default:
        said satisfies never;
    }
  }

  #left(port: Port): void {
    this.#pages.left(port);
    if (this.#pages.count > 0) return;
    this.#alone();
    this.#alone = this.home.clock.after(ALONE_MS, () =>
      this.#end({ code: "no_page", sentence: "No page is open." }),
    );
  }

  #start(setup: Setup): void {
    if (this.#running !== undefined) {
      this.#isWantedAgain ||= this.#running.signal.aborted;
      return;
    }
    this.#setup = setup;
    this.#isWantedAgain = false;
    this.#stop = undefined;
    this.#running = new AbortController();
    void this.#live(setup, this.#running);
  }

  /** Do not wait any longer: something changed for the better. */
  wake(): void {
    if (this.#life !== undefined) this.#life.wake();
    else if (this.#stop?.code === "no_page") this.#again();
  }

  #again(): void {
    if (this.#setup !== undefined) this.#start(this.#setup);
  }

  async #live(setup: Setup, running: AbortController): Promise<void> {
    let identity: Identity | undefined;
    let stop: Stop | undefined;
    try {
      this.#tellState({ phase: "connecting" });
      const keeping = await this.home.keeping(setup.server, (sentence) => this.fault(sentence));
      identity = await takeIdentity(keeping, this.#placeOf(setup), this.home.take);
      this.#life = await Life.begin(this.home, setup, identity, this.#pages, this.#observer);
      stop = await this.#life.run(running.signal);
    } catch (error) {
      this.fault(`The client failed: ${String(error)}`);
      stop = { code: "fault", sentence: "Something went wrong in this page; reload it." };
    } finally {
      identity?.release();
      this.#life = undefined;
      this.#running = undefined;
    }
    this.#stop = this.#stop ?? stop;
    this.#tellState({ phase: "stopped", ...(this.#stop ?? stop) });
    if (this.#isWantedAgain) this.#again();
    else if (!this.home.isShared && this.#pages.count === 0) this.home.close();
  }

  #placeOf({ account, server, tab }: Setup): string {
    const place = this.home.isShared ? "shared" : `tab ${tab ?? ""}`;
    return `${server} ${account} ${place}${this.home.name && ` ${this.home.name}`}`;
  }

  #end(stop: Stop): void {
    if (this.#running === undefined || this.#running.signal.aborted) return;
    this.#stop = stop;
    this.#running.abort();
  }

  async #signOut(): Promise<void> {
    const life = this.#life;
    this.#end({ code: "signed_out", sentence: "Signed out." });
    this.#news.forget();
    await life?.forget();
  }

  async #trustAnew(): Promise<void> {
    if (this.#running !== undefined || this.#setup === undefined) return;
    const keeping = await this.home.keeping(this.#setup.server, (sentence) => this.fault(sentence));
    keeping.pin(new Map());
    this.#again();
  }

  #tellState(state: ConnectionState): void {
    this.#news.state = state;
    this.#pages.tell({ kind: "state", state });
  }
}
