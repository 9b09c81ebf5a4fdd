import type { CollectionItem, WantedRelease } from "../api/schema";

export type Kind = "collection" | "wantlist";

/** A record of either list. */
export type AnyRecord = CollectionItem | WantedRelease;

export const isOwned = (record: AnyRecord): record is CollectionItem => "instanceId" in record;

/** What names a record in its list: the copy, or the release. */
export const keyOf = (record: AnyRecord): number => (isOwned(record) ? record.instanceId : record.releaseId);

/** The record's own page at Discogs. */
export const discogsPage = (releaseId: number): string => `https://www.discogs.com/release/${releaseId}`;
