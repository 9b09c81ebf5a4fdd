import type { JSX } from "solid-js";

const SHAPES = {
  collection: () => (
    <>
      <circle cx="12" cy="12" r="9" />
      <circle cx="12" cy="12" r="2.5" />
      <path d="M12 6.5a5.5 5.5 0 0 1 5.5 5.5" />
    </>
  ),
  wantlist: () => (
    <path d="M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z" />
  ),
  owned: () => (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5M8.5 11l2 2 3.5-3.8" />
    </>
  ),
  sync: () => <path d="M19.5 9A8 8 0 0 0 5 8m-.5-4v4.5H9M4.5 15A8 8 0 0 0 19 16m.5 4v-4.5H15" />,
  insights: () => <path d="M4 20h16M7 16v-5m5 5V5m5 11V8.5" />,
  settings: () => (
    <>
      <circle cx="12" cy="12" r="3" />
      <path d="M12 3.5v3m0 11v3m8.5-8.5h-3m-11 0h-3M18 6l-2.1 2.1m-7.8 7.8L6 18M18 18l-2.1-2.1M8.1 8.1 6 6" />
    </>
  ),
  search: () => (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  filter: () => <path d="M4 6.5h16M7 12h10m-7 5.5h4" />,
  close: () => <path d="m6 6 12 12M18 6 6 18" />,
  grid: () => <path d="M4.5 4.5h6v6h-6zm9 0h6v6h-6zm-9 9h6v6h-6zm9 0h6v6h-6z" />,
  table: () => <path d="M4.5 6h15M4.5 12h15m-15 6h15" />,
  up: () => <path d="M12 19V5m-5.5 5.5L12 5l5.5 5.5" />,
  down: () => <path d="M12 5v14m-5.5-5.5L12 19l5.5-5.5" />,
  outward: () => <path d="M9 5.5H5.5v13h13V15M13 4.5h6.5V11m0-6.5-9 9" />,
} satisfies Record<string, () => JSX.Element>;

export type IconName = keyof typeof SHAPES;

/** A small drawing beside words that say the same. */
export function Icon(props: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[props.name]()}
    </svg>
  );
}
