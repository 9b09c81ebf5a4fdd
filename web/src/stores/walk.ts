/** A page of a list, as the API sends it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** Where a page begins: so many records after a cursor, or after the beginning. */
export interface PageStart {
  readonly cursor: string | null;
  readonly skip: number;
  readonly limit: number;
}

export type ReadPage<Item> = (start: PageStart, signal: AbortSignal) => Promise<Page<Item>>;

/** The first page is short, so that something is seen at once. */
export const FIRST_PAGE_RECORDS = 100;
export const PAGE_RECORDS = 500;
/** As many pages are kept as somebody may scroll to and fro; others are read again when they are wanted. */
export const PAGES_KEPT = 20;

/**
 * A list that is read page by page, of which only what is looked at is read.
 *
 * Whoever shows it says which part is in view. Each page names the way to the next one; where that of the page before is
 * not known, what lies between is passed over from the nearest one that is. So all pages belong to one walk, and show each
 * record where it stood when that began.
 */
export class Walk<Item> {
  #pages = new Map<number, readonly Item[]>();
  readonly #ways = new Map<number, string>();
  #wanted: readonly [number, number] = [0, 0];
  #total: number | undefined;
  #fault: unknown;
  #isReading = false;
  readonly #ending = new AbortController();

  constructor(
    private readonly read: ReadPage<Item>,
    private readonly changed: () => void,
  ) {}

  /** How many records there are; `undefined` before the first page. */
  get total(): number | undefined {
    return this.#total;
  }

  /** Why it does not go on. */
  get fault(): unknown {
    return this.#fault;
  }

  /** The record at this place, where its page is here. */
  at(index: number): Item | undefined {
    const page = pageOf(index);
    return this.#pages.get(page)?.[index - startOf(page)];
  }

  /** From which record to which is looked at; what is more than is kept is left out. */
  want(first: number, last: number): void {
    const from = pageOf(Math.max(0, first));
    this.#wanted = [from, Math.min(pageOf(Math.max(0, last)), from + PAGES_KEPT - 1)];
    if (this.#fault === undefined) void this.#goOn();
  }

  /** After a fault: try again. */
  retry(): void {
    this.#fault = undefined;
    this.changed();
    void this.#goOn();
  }

  /** Nobody looks any more. */
  end(): void {
    this.#ending.abort();
  }

  async #goOn(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      for (let page = this.#next(); page !== undefined; page = this.#next()) await this.#readPage(page);
    } catch (fault) {
      if (this.#ending.signal.aborted) return;
      this.#fault = fault;
      this.changed();
    } finally {
      this.#isReading = false;
    }
  }

  async #readPage(page: number): Promise<void> {
    const came = await this.read(this.#wayTo(page), this.#ending.signal);
    this.#ending.signal.throwIfAborted();
    this.#pages.set(page, came.items);
    this.#forget();
    if (came.nextCursor !== null) {
      this.#ways.set(page + 1, came.nextCursor);
      this.#total ??= came.total;
    } else if (came.items.length > 0) this.#total = startOf(page) + came.items.length;
    else this.#total = Math.min(came.total, startOf(page));
    this.changed();
  }

  #wayTo(page: number): PageStart {
    const limit = page === 0 ? FIRST_PAGE_RECORDS : PAGE_RECORDS;
    for (let near = page; near > 0; near--) {
      const cursor = this.#ways.get(near);
      if (cursor !== undefined) return { cursor, skip: startOf(page) - startOf(near), limit };
    }
    return { cursor: null, skip: startOf(page), limit };
  }

  /** Of the pages that are looked at, the first that is missing; before all, the one that tells how many there are. */
  #next(): number | undefined {
    if (this.#ending.signal.aborted) return undefined;
    if (this.#total === undefined) return 0;
    const last = pageOf(Math.max(0, this.#total - 1));
    for (let page = this.#wanted[0]; page <= Math.min(this.#wanted[1], last); page++) {
      if (!this.#pages.has(page)) return page;
    }
    return undefined;
  }

  #forget(): void {
    const middle = (this.#wanted[0] + this.#wanted[1]) / 2;
    while (this.#pages.size > PAGES_KEPT) {
      const far = [...this.#pages.keys()].reduce((a, b) =>
        Math.abs(a - middle) >= Math.abs(b - middle) ? a : b,
      );
      this.#pages.delete(far);
    }
  }
}

const pageOf = (index: number): number =>
  index < FIRST_PAGE_RECORDS ? 0 : 1 + Math.floor((index - FIRST_PAGE_RECORDS) / PAGE_RECORDS);

const startOf = (page: number): number => (page === 0 ? 0 : FIRST_PAGE_RECORDS + (page - 1) * PAGE_RECORDS);
