import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Answer } from "./answers";
import type { Shelf } from "./outbox";
import type { Keys } from "./sign_in";

const DAY_MS = 24 * 60 * 60 * 1000;
/** What lies longer belongs to a tab that does not come back; its requests were given to others long ago. */
const ANSWERS_KEPT_MS = DAY_MS;
const CLIENTS_KEPT_MS = 30 * DAY_MS;

interface Rows extends DBSchema {
  /** One row: the keys that are trusted at this server. */
  pins: { key: "server"; value: Record<string, string> };
  /** Under which id a place has been known to the server. */
  clients: { key: string; value: { readonly clientId: string; readonly usedAt: number } };
  answers: {
    key: [clientId: string, requestId: string];
    value: {
      readonly clientId: string;
      readonly requestId: string;
      readonly keptAt: number;
      readonly answer: Answer;
    };
  };
}

type Faults = (sentence: string) => void;

/** What outlives the page: pinned keys, client ids, and answers that the server has not acknowledged. Never a token. */
export interface Keeping {
  pins(): Promise<Keys>;
  pin(keys: Keys): void;
  /** The id of a place, made by `newId` at the first time. */
  clientId(place: string, newId: () => string): Promise<string>;
  /** The answers that are kept under an id, oldest first. */
  answers(clientId: string): Promise<Answer[]>;
  shelf(clientId: string): Shelf;
  /** Forget the answers that are kept under an id. */
  clear(clientId: string): Promise<void>;
}

/** What is kept for the server at this address, in IndexedDB; in memory alone where a browser gives none. */
export async function openKeeping(server: string, now: () => Date, fault: Faults): Promise<Keeping> {
  try {
    const rows = await openDB<Rows>(`cratesync ${server}`, 1, {
      upgrade(fresh) {
        fresh.createObjectStore("pins");
        fresh.createObjectStore("clients");
        fresh.createObjectStore("answers", { keyPath: ["clientId", "requestId"] });
      },
      // A newer page wants to change it: let go, rather than keep that page waiting.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    await sweep(rows, now().getTime());
    return new Stored(rows, now, fault);
  } catch (error) {
    fault(`Nothing can be kept in this browser, so a reload may ask Discogs twice (${nameOf(error)}).`);
    return memoryKeeping();
  }
}

class Stored implements Keeping {
  #hasFailed = false;

  constructor(
    private readonly rows: IDBPDatabase<Rows>,
    private readonly now: () => Date,
    private readonly fault: Faults,
  ) {}

  async pins(): Promise<Keys> {
    return new Map(Object.entries((await this.rows.get("pins", "server")) ?? {}));
  }

  pin(keys: Keys): void {
    this.#unawaited(() => this.rows.put("pins", Object.fromEntries(keys), "server"));
  }

  async clientId(place: string, newId: () => string): Promise<string> {
    const moving = this.rows.transaction("clients", "readwrite");
    const clientId = (await moving.store.get(place))?.clientId ?? newId();
    await moving.store.put({ clientId, usedAt: this.now().getTime() }, place);
    await moving.done;
    return clientId;
  }

  async answers(clientId: string): Promise<Answer[]> {
    const rows = await this.rows.getAll("answers", under(clientId));
    return rows.sort((one, other) => one.keptAt - other.keptAt).map((row) => row.answer);
  }

  shelf(clientId: string): Shelf {
    return {
      put: (answer) => {
        const row = { clientId, requestId: answer.requestId, keptAt: this.now().getTime(), answer };
        this.#unawaited(() => this.rows.put("answers", row));
      },
      forget: (requestId) => this.#unawaited(() => this.rows.delete("answers", [clientId, requestId])),
    };
  }

  async clear(clientId: string): Promise<void> {
    await this.rows.delete("answers", under(clientId));
  }

  /** IndexedDB keeps the order of writes by itself. Where it fails, memory goes on alone; once is enough to say so. */
  #unawaited(write: () => Promise<unknown>): void {
    const failed = (error: unknown) => {
      if (!this.#hasFailed) this.fault(`The browser could not keep something (${nameOf(error)}).`);
      this.#hasFailed = true;
    };
    try {
      write().catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** What is kept in memory alone. */
export function memoryKeeping(): Keeping {
  let pinned: Keys = new Map();
  return {
    pins: async () => pinned,
    pin: (keys) => {
      pinned = keys;
    },
    clientId: async (_place, newId) => newId(),
    answers: async () => [],
    shelf: () => ({ put: () => {}, forget: () => {} }),
    clear: async () => {},
  };
}

function under(clientId: string): IDBKeyRange {
  return IDBKeyRange.bound([clientId, ""], [clientId, "\uffff"]);
}

async function sweep(rows: IDBPDatabase<Rows>, now: number): Promise<void> {
  const moving = rows.transaction(["clients", "answers"], "readwrite");
  for await (const row of moving.objectStore("answers")) {
    if (row.value.keptAt < now - ANSWERS_KEPT_MS) await row.delete();
  }
  for await (const row of moving.objectStore("clients")) {
    if (row.value.usedAt < now - CLIENTS_KEPT_MS) await row.delete();
  }
  await moving.done;
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "unknown";
}
