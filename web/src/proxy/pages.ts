import type { Clock } from "./clock";
import type { FromPage, FromWorker, Port } from "./port_messages";
import type { TokenAnswer, Tokens } from "./presence";

export const BEAT_MS = 10_000;
/** A page that said nothing for so long is frozen or gone: nothing more is piled up for it. */
export const SILENT_AFTER_MS = 35_000;
const TOKEN_WITHIN_MS = 20_000;

interface Page {
  readonly port: Port;
  heardAt: number;
  isSilent: boolean;
}

/** The pages at this worker: who they are, what they are told, and asking them for a token. */
export class Pages implements Tokens {
  readonly #pages = new Map<Port, Page>();
  readonly #asked = new Map<
    number,
    { readonly port: Port; readonly settle: (answer: TokenAnswer) => void }
  >();
  #askId = 0;

  constructor(
    private readonly clock: Clock,
    private readonly tokenWithinMs = TOKEN_WITHIN_MS,
  ) {
    this.#beat();
  }

  get count(): number {
    return this.#pages.size;
  }

  /** A page said something. True where it was unknown or silent until now: it has to be told how things stand. */
  heard(port: Port): boolean {
    const page = this.#pages.get(port);
    const isNews = page === undefined || page.isSilent;
    this.#pages.set(port, { port, heardAt: this.clock.monotonic(), isSilent: false });
    return isNews;
  }

  left(port: Port): void {
    this.#pages.delete(port);
    for (const asked of [...this.#asked.values()])
      if (asked.port === port) asked.settle({ without: "nobody" });
  }

  tell(message: FromWorker): void {
    for (const page of this.#pages.values()) if (!page.isSilent) page.port.postMessage(message);
  }

  /** Whoever was heard last is asked first; one that does not answer is passed over. */
  async ask(isRefused: boolean): Promise<TokenAnswer> {
    const passedOver = new Set<Port>();
    for (;;) {
      // Looked at anew each time: a page may have come meanwhile.
      const [page] = [...this.#pages.values()]
        .filter(({ port }) => !passedOver.has(port))
        .sort((one, other) => other.heardAt - one.heardAt);
      if (page === undefined) return { without: "nobody" };
      const answer = await this.#askOne(page, isRefused);
      if (!("without" in answer) || answer.without !== "nobody") return answer;
      passedOver.add(page.port);
      page.isSilent = true;
    }
  }

  /** A page answered `ask_token`. */
  answered({ askId, token, isUnreachable }: Extract<FromPage, { kind: "token" }>): void {
    const asked = this.#asked.get(askId);
    if (token !== undefined) asked?.settle({ token });
    else asked?.settle({ without: isUnreachable ? "unreachable" : "signed_out" });
  }

  #askOne(page: Page, isRefused: boolean): Promise<TokenAnswer> {
    this.#askId += 1;
    const askId = this.#askId;
    return new Promise((resolve) => {
      const settle = (answer: TokenAnswer) => {
        cancel();
        this.#asked.delete(askId);
        resolve(answer);
      };
      const cancel = this.clock.after(this.tokenWithinMs, () => settle({ without: "nobody" }));
      this.#asked.set(askId, { port: page.port, settle });
      page.port.postMessage({ kind: "ask_token", askId, isRefused });
    });
  }

  #beat(): void {
    this.clock.after(BEAT_MS, () => {
      const now = this.clock.monotonic();
      for (const page of this.#pages.values()) page.isSilent ||= now - page.heardAt > SILENT_AFTER_MS;
      this.tell({ kind: "beat" });
      this.#beat();
    });
  }
}
