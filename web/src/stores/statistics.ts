import type { MonthCount } from "../api/schema";

/** Every month from the first to the last, those in which nothing was added too. */
export function months(additions: readonly MonthCount[]): readonly MonthCount[] {
  const counts = new Map(additions.map((one) => [one.month, one.count]));
  const known = [...counts.keys()].filter((month) => /^\d{4}-\d{2}$/.test(month)).sort();
  const first = known[0];
  const last = known[known.length - 1];
  if (first === undefined || last === undefined) return [];
  const all: MonthCount[] = [];
  for (let month = first; month <= last; month = after(month))
    all.push({ month, count: counts.get(month) ?? 0 });
  return all;
}

/** How many there were at the end of each month. */
export function growth(additions: readonly MonthCount[]): readonly number[] {
  let sum = 0;
  return additions.map((one) => {
    sum += one.count;
    return sum;
  });
}

function after(month: string): string {
  const year = Number(month.slice(0, 4));
  const number = Number(month.slice(5));
  return number === 12
    ? `${String(year + 1).padStart(4, "0")}-01`
    : `${month.slice(0, 4)}-${String(number + 1).padStart(2, "0")}`;
}

/** A sum as Discogs writes it, "€7,158.04": its sign, and the amount. */
export interface Money {
  readonly sign: string;
  readonly amount: number;
}

export function money(text: string | null): Money | undefined {
  const found = /^(\D*)([\d,]+(?:\.\d+)?)\D*$/.exec(text?.trim() ?? "");
  if (found === null) return undefined;
  return { sign: found[1] ?? "", amount: Number((found[2] ?? "").replaceAll(",", "")) };
}
