import type { Artist, Format, Label } from "../api/schema";
import { texts } from "./en";

const LOCALE = "en";

const numbers = new Intl.NumberFormat(LOCALE);
const days = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const monthly = new Intl.DateTimeFormat(LOCALE, { month: "short", year: "numeric", timeZone: "UTC" });
const clocks = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

const AGES: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export const count = (value: number): string => numbers.format(value);

export const day = (instant: string): string => days.format(new Date(instant));

export const moment = (instant: string): string => moments.format(new Date(instant));

/** "2014-06" as people say it: "Jun 2014". */
export const monthName = (month: string): string => monthly.format(new Date(`${month}-01T00:00:00Z`));

export const clock = (milliseconds: number): string => clocks.format(new Date(milliseconds));

/** How long ago, or how far ahead: "3 hours ago". */
export function ago(instant: string, now = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  for (const [unit, size] of AGES) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 1 ? relative.format(Math.trunc(seconds), "second") : "just now";
}

/** A duration in words: "40 seconds", "3 minutes". */
export function duration(seconds: number): string {
  const [value, unit] =
    seconds < 90
      ? [Math.max(1, Math.round(seconds)), "second"]
      : seconds < 5400
        ? [Math.round(seconds / 60), "minute"]
        : [Math.round(seconds / 3600), "hour"];
  return `${count(value)} ${unit}${value === 1 ? "" : "s"}`;
}

export function bytes(size: number): string {
  if (size < 1000) return `${size} bytes`;
  return size < 1e6 ? `${(size / 1000).toFixed(0)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** Discogs tells namesakes apart by a number, "Prince (2)", which nobody says aloud. */
export const plainName = (name: string): string => name.replace(/ \(\d+\)$/, "");

/** Who made it, as it stands on a sleeve: "Sonny & Cher". */
export function artistLine(artists: readonly Artist[]): string {
  let line = "";
  artists.forEach((artist, position) => {
    line += artist.anv || plainName(artist.name ?? "");
    if (position === artists.length - 1) return;
    const join = artist.join?.trim() || ",";
    line += join === "," ? ", " : ` ${join} `;
  });
  return line.trim() || texts.records.unknownArtist;
}

/** The first label with its number, "Blue Note · BLP 1577". */
export function labelLine(labels: readonly Label[]): string {
  const first = labels[0];
  return first === undefined ? "" : withNumber(first);
}

export function withNumber(label: Label): string {
  const name = plainName(label.name ?? "");
  const number = label.catno?.trim() ?? "";
  return number === "" || number.toLowerCase() === "none" ? name : `${name} · ${number}`;
}

/** "2 × Vinyl, LP, Album". */
export function formatLine(formats: readonly Format[]): string {
  return formats.map(oneFormat).filter(Boolean).join(" + ");
}

function oneFormat(format: Format): string {
  const quantity = Number(format.qty ?? 1);
  const name = format.name ?? "";
  const said = [quantity > 1 ? `${quantity} × ${name}` : name, ...(format.descriptions ?? [])];
  if (format.text) said.push(format.text);
  return said.filter(Boolean).join(", ");
}

export const yearOf = (year: number | null | undefined): string => (year ? String(year) : "");

export const decadeName = (decade: number): string =>
  decade === 0 ? texts.records.unknownDecade : `${decade}s`;

/** Parts of a list that are joined as people do: "12 added, 3 changed". */
export const listed = (parts: readonly string[]): string => parts.filter(Boolean).join(", ");
