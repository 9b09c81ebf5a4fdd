import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { ApiFault } from "../api/client";
import type { CollectionPage, Facets, MirrorState, WantlistPage } from "../api/schema";
import type { Account } from "./account";
import { type ListQuery, narrowing } from "./query";
import type { AnyRecord, Kind } from "./record";
import { Walk } from "./walk";

/** Typing settles for so long before it is searched for. */
export const TYPING_MS = 150;
export const FACET_VALUES = 40;

export interface List {
  /** How many records there are; `undefined` before that is known. */
  readonly total: Accessor<number | undefined>;
  readonly mirror: Accessor<MirrorState | undefined>;
  readonly fault: Accessor<unknown>;
  /** What is shown is not yet what was asked for. */
  readonly isBehind: Accessor<boolean>;
  /** Changes where the list begins anew. */
  readonly begun: Accessor<number>;
  at(index: number): AnyRecord | undefined;
  want(first: number, last: number): void;
  retry(): void;
  /** Read it anew, as it is now. */
  renew(): void;
}

/** The list that a query means. While the next one is on its way the one before it stays. */
export function createList(account: Account, kind: Kind, query: Accessor<ListQuery>): List {
  const [generation, setGeneration] = createSignal(0);
  const [version, setVersion] = createSignal(0);
  const [begun, setBegun] = createSignal(0);
  const [mirror, setMirror] = createSignal<MirrorState>();
  const [shown, setShown] = createSignal<Walk<AnyRecord>>();
  const asked = createMemo(() => `${narrowing(query())}&sort=${query().sort}&order=${query().order}`);

  const walk = createMemo<Walk<AnyRecord>>(() => {
    generation();
    const parameters = asked();
    const next: Walk<AnyRecord> = new Walk<AnyRecord>(
      async ({ cursor, skip, limit }, signal) => {
        const from = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const path = `/api/${kind}?${parameters}&limit=${limit}&skip=${skip}${from}`;
        const page = await account.call<CollectionPage | WantlistPage>(path, { signal });
        setMirror(page.mirror);
        return page;
      },
      () => {
        if (next.fault instanceof ApiFault && next.fault.code === "bad_cursor") {
          setGeneration((one) => one + 1);
          return;
        }
        if (shown() !== next) {
          setShown(next);
          setBegun((one) => one + 1);
        }
        setVersion((one) => one + 1);
      },
    );
    next.want(0, 0);
    onCleanup(() => next.end());
    return next;
  });

  const current = <Value>(of: (walk: Walk<AnyRecord>) => Value): Value | undefined => {
    version();
    const one = shown();
    return one === undefined ? undefined : of(one);
  };

  return {
    total: () => current((one) => one.total),
    mirror,
    fault: () => current((one) => one.fault),
    isBehind: () => shown() !== walk(),
    begun,
    at: (index) => current((one) => one.at(index)),
    want: (first, last) => shown()?.want(first, last),
    retry: () => shown()?.retry(),
    renew: () => setGeneration((one) => one + 1),
  };
}

/** What each filter would leave, asked for after the list itself. The counts before stay until the next ones come. */
export function createFacets(
  account: Account,
  kind: Kind,
  query: Accessor<ListQuery>,
  begun: Accessor<number>,
): Accessor<Facets | undefined> {
  const [facets, setFacets] = createSignal<Facets>();
  createEffect(
    on(begun, (times) => {
      if (times === 0) return;
      const parameters = narrowing(query());
      const ending = new AbortController();
      onCleanup(() => ending.abort());
      const path = `/api/${kind}/facets?limit=${FACET_VALUES}&${parameters}`;
      account.call<Facets>(path, { signal: ending.signal }).then(setFacets, () => undefined);
    }),
  );
  return facets;
}
