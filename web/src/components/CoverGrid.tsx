import { createWindowVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, For, on, Show } from "solid-js";
import type { List } from "../stores/list";
import type { AnyRecord } from "../stores/record";
import { createMeasures } from "../stores/width";
import { texts } from "../texts/en";
import { artistLine, labelLine, listed, yearOf } from "../texts/format";
import { Cover } from "./Cover";

const WORDS_PX = 76;
const GAP_PX = 18;
const GAP_NARROW_PX = 12;
const NARROW_PX = 560;
const COVER_PX = 156;
const COLUMNS_MIN = 2;
const OVERSCAN_ROWS = 3;
/** So many places are held before it is known how many records there are. */
const PLACES_BEFORE = 24;

/** Covers in rows. Only the rows near the view are there. */
export function CoverGrid(props: { list: List; onOpen: (record: AnyRecord) => void }) {
  let place: HTMLUListElement | undefined;
  const measures = createMeasures(() => place);
  const gap = () => (measures().width < NARROW_PX ? GAP_NARROW_PX : GAP_PX);
  const columns = () => Math.max(COLUMNS_MIN, Math.floor((measures().width + gap()) / (COVER_PX + gap())));
  const width = () => Math.max(1, (measures().width - gap() * (columns() - 1)) / columns());
  const places = () => props.list.total() ?? PLACES_BEFORE;
  const rowHeight = () => Math.round(width() + WORDS_PX + gap());

  const virtual = createWindowVirtualizer({
    get count() {
      return measures().width === 0 ? 0 : Math.ceil(places() / columns());
    },
    get scrollMargin() {
      return measures().top;
    },
    estimateSize: () => rowHeight(),
    overscan: OVERSCAN_ROWS,
  });
  createEffect(on(rowHeight, () => virtual.measure(), { defer: true }));
  createEffect(() => {
    props.list.begun();
    const rows = virtual.getVirtualItems();
    const first = rows[0];
    const last = rows[rows.length - 1];
    if (first && last) props.list.want(first.index * columns(), (last.index + 1) * columns() - 1);
  });

  const shown = () => {
    const rows = virtual.getVirtualItems();
    const first = (rows[0]?.index ?? 0) * columns();
    const last = Math.min(
      places(),
      rows.length === 0 ? 0 : ((rows[rows.length - 1]?.index ?? 0) + 1) * columns(),
    );
    return Array.from({ length: Math.max(0, last - first) }, (_, position) => first + position);
  };
  const positionOf = (index: number) => {
    const x = (index % columns()) * (width() + gap());
    const y = Math.floor(index / columns()) * rowHeight();
    return `translate(${x}px, ${y}px)`;
  };

  return (
    <ul
      class="covers"
      aria-label={texts.records.grid}
      ref={place}
      style={{ height: `${virtual.getTotalSize()}px`, "--width": `${width()}px` }}
    >
      <For each={shown()}>
        {(index) => (
          <li
            class="cover-card"
            style={{ transform: positionOf(index) }}
            aria-setsize={places()}
            aria-posinset={index + 1}
          >
            <Show when={props.list.at(index)} fallback={<Waiting />} keyed>
              {(record) => <Card record={record} onOpen={props.onOpen} />}
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}

function Card(props: { record: AnyRecord; onOpen: (record: AnyRecord) => void }) {
  return (
    <button type="button" class="card" onClick={() => props.onOpen(props.record)}>
      <Cover record={props.record} />
      <span class="card-title">{props.record.title || texts.records.untitled}</span>
      <span class="card-artist">{artistLine(props.record.artists)}</span>
      <span class="card-more">{listed([yearOf(props.record.year), labelLine(props.record.labels)])}</span>
    </button>
  );
}

/** A record that is on its way. */
function Waiting() {
  return (
    <div class="card waiting" aria-hidden="true">
      <div class="cover" />
      <span class="card-title" />
      <span class="card-artist" />
    </div>
  );
}
