/** What a list shows: search, filters and order, as they stand in the address of the page. */
import type { Kind } from "./record";

export const SORTS = ["added", "artist", "title", "year", "label", "rating"] as const;
export type Sort = (typeof SORTS)[number];

/** Filters with a list of values to choose from. */
export const FACETS = ["folder", "genre", "style", "format", "decade", "label", "rating"] as const;
export type Facet = (typeof FACETS)[number];

/** All filters: the last ones are set by links alone. */
export const FILTERS = [...FACETS, "artist", "masterId"] as const;
export type Filter = (typeof FILTERS)[number];

/** The API takes so many values of each filter. */
export const VALUES_MAX = 50;
export const SEARCH_CHARACTERS_MAX = 200;

export interface ListQuery {
  readonly q: string;
  readonly sort: Sort;
  readonly order: "asc" | "desc";
  readonly filters: Readonly<Partial<Record<Filter, readonly string[]>>>;
}

/** Search parameters as the router has them. */
export type SearchValues = Readonly<Record<string, string | string[] | undefined>>;

/** An order begins the way that people expect: the newest and the best first, names from A. */
export const usualOrder = (sort: Sort): "asc" | "desc" =>
  sort === "added" || sort === "rating" ? "desc" : "asc";

/** From the address. What it holds that there is not is passed over. */
export function readQuery(search: SearchValues, kind: Kind): ListQuery {
  const sort = SORTS.find((name) => name === first(search["sort"])) ?? "added";
  const order = first(search["order"]);
  const filters: Partial<Record<Filter, readonly string[]>> = {};
  for (const name of filtersOf(kind)) {
    const values = [...new Set(all(search[name]))]
      .filter((value) => isValue(name, value))
      .slice(0, VALUES_MAX);
    if (values.length > 0) filters[name] = values;
  }
  return {
    q: first(search["q"]).slice(0, SEARCH_CHARACTERS_MAX),
    sort,
    order: order === "asc" || order === "desc" ? order : usualOrder(sort),
    filters,
  };
}

/** For the address: what is as usual is left out, and so removed. */
export function writeQuery(query: ListQuery): Record<string, string | string[] | undefined> {
  const written: Record<string, string | string[] | undefined> = {
    q: query.q || undefined,
    sort: query.sort === "added" ? undefined : query.sort,
    order: query.order === usualOrder(query.sort) ? undefined : query.order,
  };
  for (const name of FILTERS) {
    const values = query.filters[name];
    written[name] = values === undefined || values.length === 0 ? undefined : [...values];
  }
  return written;
}

/** Search and filters as the API takes them. */
export function narrowing(query: ListQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  if (query.q.trim()) parameters.set("q", query.q.trim());
  for (const name of FILTERS) {
    for (const value of query.filters[name] ?? []) parameters.append(name, value);
  }
  return parameters;
}

/** The same with this value of a filter taken in, or out. */
export function toggled(query: ListQuery, name: Filter, value: string): ListQuery {
  const values = query.filters[name] ?? [];
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  return { ...query, filters: { ...query.filters, [name]: next.slice(-VALUES_MAX) } };
}

/** Each chosen value, in the order of the filters. */
export function chosen(query: ListQuery): readonly (readonly [Filter, string])[] {
  return FILTERS.flatMap((name) => (query.filters[name] ?? []).map((value) => [name, value] as const));
}

/** A wantlist has no folders. */
export const facetsOf = (kind: Kind): readonly Facet[] =>
  kind === "collection" ? FACETS : FACETS.filter((name) => name !== "folder");

const filtersOf = (kind: Kind): readonly Filter[] =>
  kind === "collection" ? FILTERS : FILTERS.filter((name) => name !== "folder");

const NUMERIC: readonly Filter[] = ["folder", "decade", "rating", "masterId"];

function isValue(name: Filter, value: string): boolean {
  return NUMERIC.includes(name) ? /^\d{1,15}$/.test(value) : value !== "" && value.length <= 500;
}

const all = (said: string | string[] | undefined): readonly string[] =>
  said === undefined ? [] : Array.isArray(said) ? said : [said];

const first = (said: string | string[] | undefined): string => all(said)[0] ?? "";
