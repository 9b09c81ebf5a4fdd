/** What pages ask of syncs: which are active, and what the next one will cost. */
import type { Progress } from "../protocol/messages";
import type { Live } from "./live";
import type { Kind } from "./record";

/** The sync of this list that is active, if one is. */
export const activeSync = (live: Live, kind: Kind): Progress | undefined =>
  live.active().find((progress) => progress.syncType === kind);

/** What a sync will cost, as far as that can be told before. */
export interface Cost {
  readonly calls: number;
  readonly seconds: number;
}

const RECORDS_A_CALL = 100;
/** Lists of so many pages are read whole by a quick sync, too. */
const SMALL_PAGES = 5;
/** Whose token it is; for the collection also folders, fields and the value. */
const SIDE_CALLS = { collection: 4, wantlist: 1 };
/** A look at the newest page before a scan, and one after it. */
const LOOKS = 2;
const SECONDS_A_CALL = 0.5;
/** Before a first sync nobody knows how many records there are; people know about how many they have. */
const RECORDS_FOR_EXAMPLE = [1000, 10_000] as const;

/** What is known of the quota: so many calls leave at once, and then so many in each window. */
export interface Quota {
  readonly remaining: number;
  readonly recommendedDelay: number;
  readonly callsPerWindow: number;
  readonly windowSeconds: number;
}

export function cost(kind: Kind, isFull: boolean, records: number, quota: Quota): Cost {
  const pages = Math.max(1, Math.ceil(records / RECORDS_A_CALL));
  const reading = isFull || pages <= SMALL_PAGES ? pages + (pages > 1 ? LOOKS : 0) : 1;
  const calls = reading + SIDE_CALLS[kind];
  const atOnce = Math.min(quota.remaining, quota.callsPerWindow);
  const windows = Math.ceil(Math.max(0, calls - atOnce) / quota.callsPerWindow);
  const inTheLast = windows === 0 ? calls : calls - atOnce - (windows - 1) * quota.callsPerWindow;
  const seconds = quota.recommendedDelay + windows * quota.windowSeconds + inTheLast * SECONDS_A_CALL;
  return { calls, seconds };
}

/** What a first sync would cost, for some numbers of records. */
export const examples = (kind: Kind, quota: Quota): readonly (Cost & { records: number })[] =>
  RECORDS_FOR_EXAMPLE.map((records) => ({ records, ...cost(kind, true, records, quota) }));
