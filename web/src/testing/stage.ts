import type { Clock } from "../proxy/clock";
import { systemClock } from "../proxy/clock";
import { TIMING, type Timing } from "../proxy/connection";
import { Core } from "../proxy/core";
import { type Keeping, memoryKeeping } from "../proxy/keeping";
import { unshared } from "../proxy/names";
import { FakeDiscogs } from "./discogs";
import { TestPage } from "./page";
import { FakeServer } from "./server";

interface Choices {
  readonly timing?: Partial<Timing>;
  readonly keeping?: Keeping;
  readonly renewMs?: number;
  readonly clock?: Clock;
}

/** A server, an API, and one worker with any number of pages: all of a browser's client but the browser. */
export class Stage {
  readonly #pages: TestPage[] = [];
  readonly #core: Core;

  private constructor(
    readonly server: FakeServer,
    readonly discogs: FakeDiscogs,
    { timing = {}, keeping = memoryKeeping(), renewMs, clock = systemClock }: Choices,
  ) {
    this.#core = new Core({
      clock,
      // No wait before coming back: a test that wants one hands in a clock.
      random: () => 0,
      timing: { ...TIMING, farewellMs: 100, ...timing },
      ...(renewMs === undefined ? {} : { renewMs }),
      name: "worker",
      isShared: true,
      take: unshared,
      keeping: async () => keeping,
      close: () => {},
    });
  }

  static async open(choices: Choices = {}): Promise<Stage> {
    return new Stage(await FakeServer.start(), await FakeDiscogs.start(), choices);
  }

  /** One more page. */
  page(token?: TestPage["token"]): TestPage {
    const page = new TestPage({
      account: "user-1",
      server: "http://page.example/",
      socketUrl: this.server.url,
      upstream: this.discogs.url,
    });
    if (token !== undefined) page.token = token;
    this.#pages.push(page);
    this.#core.attach(page.far);
    page.hello();
    return page;
  }

  get identityUrl(): string {
    return `${this.discogs.url}/oauth/identity`;
  }

  async close(): Promise<void> {
    for (const page of this.#pages) {
      page.say({ kind: "sign_out" });
      await new Promise((resolve) => setImmediate(resolve));
      page.end();
    }
    await this.server.stop();
    await this.discogs.stop();
  }
}
