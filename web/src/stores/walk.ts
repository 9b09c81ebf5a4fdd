/** A page of a list, as the API sends it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** Reads the page behind a cursor; the first one behind `null`. */
export type ReadPage<Item> = (
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
) => Promise<Page<Item>>;

/** The first page is short, so that something is seen at once. */
export const FIRST_PAGE_RECORDS = 100;
export const PAGE_RECORDS = 500;
/** As many pages are kept as somebody may scroll to and fro; others are read again when they are wanted. */
export const PAGES_KEPT = 20;

/**
 * A list that is read page by page, where each page only names the way to the next one.
 *
 * Whoever shows it says which part is in view. Pages before that part are read one after the other and may be forgotten
 * again; the way to each of them is kept.
 */
export class Walk<Item> {
  #pages = new Map<number, readonly Item[]>();
  #cursors: string[] = [];
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

  /** From which record to which is looked at. */
  want(first: number, last: number): void {
    this.#wanted = [pageOf(Math.max(0, first)), pageOf(Math.max(0, last))];
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
    const cursor = page === 0 ? null : (this.#cursors[page - 1] ?? null);
    const limit = page === 0 ? FIRST_PAGE_RECORDS : PAGE_RECORDS;
    const came = await this.read(cursor, limit, this.#ending.signal);
    this.#ending.signal.throwIfAborted();
    this.#pages.set(page, came.items);
    this.#forget();
    if (came.nextCursor === null) this.#total = startOf(page) + came.items.length;
    else {
      this.#cursors[page] = came.nextCursor;
      this.#total ??= came.total;
    }
    this.changed();
  }

  /** Of the pages that are looked at, the first that is missing, or the one that leads there. */
  #next(): number | undefined {
    if (this.#ending.signal.aborted) return undefined;
    const last = this.#total === undefined ? 0 : pageOf(Math.max(0, this.#total - 1));
    for (let page = this.#wanted[0]; page <= Math.min(this.#wanted[1], last); page++) {
      if (!this.#pages.has(page)) return Math.min(page, this.#cursors.length);
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
