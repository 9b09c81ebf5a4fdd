import { expect, test } from "vitest";
import type { CollectionItem, WantedRelease } from "../api/schema";
import { worksOf } from "./ownership";

const what = (releaseId: number, masterId: number | null): Omit<WantedRelease, "notes"> => ({
  releaseId,
  masterId,
  rating: null,
  dateAdded: null,
  title: `Release ${releaseId}`,
  year: null,
  artists: [],
  labels: [],
  formats: [],
  genres: [],
  styles: [],
  thumb: null,
  coverImage: null,
  firstSeenAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
});

const copy = (instanceId: number, releaseId: number, masterId: number | null = null): CollectionItem => ({
  ...what(releaseId, masterId),
  instanceId,
  folderId: 1,
  notes: [],
});

const want = (releaseId: number, masterId: number | null = null): WantedRelease => ({
  ...what(releaseId, masterId),
  notes: null,
});

test("pressings of one master stand together", () => {
  const [work, ...others] = worksOf([copy(1, 10, 7), copy(2, 11, 7)], [want(12, 7)]);
  expect(others).toEqual([]);
  expect(work?.copies).toBe(2);
  expect(work?.isWanted).toBe(true);
  expect(work?.pressings.map((pressing) => pressing.releaseId)).toEqual([10, 11, 12]);
});

test("two copies of one pressing are a duplicate", () => {
  const [work] = worksOf([copy(1, 10), copy(2, 10)], []);
  expect(work?.pressings.length).toBe(1);
  expect(work?.pressings[0]?.copies.length).toBe(2);
});

test("a release without a master stands for itself, and master 0 is none", () => {
  expect(worksOf([copy(1, 10, 0), copy(2, 11, 0), copy(3, 12, null)], []).length).toBe(3);
});

test("what is owned comes before what is only wanted", () => {
  const works = worksOf([copy(1, 30)], [want(20), want(30)]);
  expect(works.map((work) => work.pressings[0]?.releaseId)).toEqual([30, 20]);
});
