import type { CollectionItem, WantedRelease } from "../api/schema";
import type { AnyRecord } from "./record";

/** One pressing: the copies that are owned of it, and the want. */
export interface Pressing {
  readonly releaseId: number;
  /** What shows it. */
  readonly record: AnyRecord;
  readonly copies: readonly CollectionItem[];
  readonly want: WantedRelease | undefined;
}

/** All pressings of one master. A release without a master stands for itself. */
export interface Work {
  readonly key: string;
  readonly pressings: readonly Pressing[];
  readonly copies: number;
  readonly isWanted: boolean;
}

/** What was found in both lists, by master: what is owned first, in the order in which it was found. */
export function worksOf(owned: readonly CollectionItem[], wanted: readonly WantedRelease[]): readonly Work[] {
  const groups = new Map<string, Map<number, Pressing>>();
  const take = (record: AnyRecord, change: (pressing: Pressing) => Pressing) => {
    const key = keyOfWork(record);
    const pressings = groups.get(key) ?? new Map<number, Pressing>();
    groups.set(key, pressings);
    const { releaseId } = record;
    const before = pressings.get(releaseId) ?? { releaseId, record, copies: [], want: undefined };
    pressings.set(releaseId, change(before));
  };
  for (const copy of owned) take(copy, (one) => ({ ...one, copies: [...one.copies, copy] }));
  for (const want of wanted) take(want, (one) => ({ ...one, want }));
  const works = [...groups].map(([key, pressings]) => workOf(key, [...pressings.values()]));
  return [...works.filter((work) => work.copies > 0), ...works.filter((work) => work.copies === 0)];
}

function workOf(key: string, pressings: readonly Pressing[]): Work {
  return {
    key,
    pressings,
    copies: pressings.reduce((sum, pressing) => sum + pressing.copies.length, 0),
    isWanted: pressings.some((pressing) => pressing.want !== undefined),
  };
}

const keyOfWork = (record: AnyRecord): string =>
  record.masterId ? `master ${record.masterId}` : `release ${record.releaseId}`;
