import { createWindowVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, For, Show } from "solid-js";
import type { List } from "../stores/list";
import { type ListQuery, type Sort, usualOrder } from "../stores/query";
import type { AnyRecord } from "../stores/record";
import { createMeasures } from "../stores/width";
import { texts } from "../texts/en";
import { artistLine, day, formatLine, labelLine, yearOf } from "../texts/format";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { Rating } from "./Rating";

const ROW_PX = 52;
const OVERSCAN_ROWS = 8;
const PLACES_BEFORE = 16;
/** Columns, and what the list goes by when their head is pressed. */
const COLUMNS: readonly (readonly [keyof typeof texts.records.columns, Sort | undefined])[] = [
  ["title", "title"],
  ["artist", "artist"],
  ["year", "year"],
  ["label", "label"],
  ["format", undefined],
  ["rating", "rating"],
  ["added", "added"],
];

interface RecordTableProps {
  readonly list: List;
  readonly query: ListQuery;
  readonly onOpen: (record: AnyRecord) => void;
  readonly onChange: (query: ListQuery) => void;
}

/** Records in lines. Only the lines near the view are there. */
export function RecordTable(props: RecordTableProps) {
  let place: HTMLTableSectionElement | undefined;
  const measures = createMeasures(() => place);
  const places = () => props.list.total() ?? PLACES_BEFORE;
  const virtual = createWindowVirtualizer({
    get count() {
      return places();
    },
    get scrollMargin() {
      return measures().top;
    },
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  });
  createEffect(() => {
    props.list.begun();
    const rows = virtual.getVirtualItems();
    const first = rows[0];
    const last = rows[rows.length - 1];
    if (first && last) props.list.want(first.index, last.index);
  });

  return (
    <table class="table" aria-label={texts.records.table} aria-rowcount={places() + 1}>
      <thead class="table-head">
        <tr class="table-row head" aria-rowindex={1}>
          <th scope="col" class="table-cover">
            <span class="unseen">{texts.records.columns.cover}</span>
          </th>
          <For each={COLUMNS}>
            {([column, sort]) => (
              <Head column={column} sort={sort} query={props.query} onChange={props.onChange} />
            )}
          </For>
        </tr>
      </thead>
      <tbody class="table-body" ref={place} style={{ height: `${virtual.getTotalSize()}px` }}>
        <For each={virtual.getVirtualItems()}>
          {(row) => (
            <tr
              class="table-row"
              aria-rowindex={row.index + 2}
              style={{ transform: `translateY(${row.start - measures().top}px)` }}
            >
              <Show when={props.list.at(row.index)} keyed fallback={<td class="table-wait" />}>
                {(record) => <Line record={record} onOpen={props.onOpen} />}
              </Show>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

interface HeadProps {
  readonly column: keyof typeof texts.records.columns;
  readonly sort: Sort | undefined;
  readonly query: ListQuery;
  readonly onChange: (query: ListQuery) => void;
}

function Head(props: HeadProps) {
  const isSorted = () => props.sort === props.query.sort;
  const press = (sort: Sort) => {
    const turned = props.query.order === "asc" ? "desc" : "asc";
    props.onChange({ ...props.query, sort, order: isSorted() ? turned : usualOrder(sort) });
  };
  return (
    <th
      scope="col"
      class={`table-${props.column}`}
      aria-sort={isSorted() ? (props.query.order === "asc" ? "ascending" : "descending") : "none"}
    >
      <Show when={props.sort} fallback={texts.records.columns[props.column]}>
        {(sort) => (
          <button type="button" class="plain" onClick={() => press(sort())}>
            {texts.records.columns[props.column]}
            <Show when={isSorted()}>
              <Icon name={props.query.order === "asc" ? "up" : "down"} />
            </Show>
          </button>
        )}
      </Show>
    </th>
  );
}

function Line(props: { record: AnyRecord; onOpen: (record: AnyRecord) => void }) {
  return (
    <>
      <td class="table-cover">
        <Cover record={props.record} isSmall />
      </td>
      <td class="table-title">
        <button type="button" class="plain" onClick={() => props.onOpen(props.record)}>
          {props.record.title || texts.records.untitled}
        </button>
      </td>
      <td class="table-artist">{artistLine(props.record.artists)}</td>
      <td class="table-year number">{yearOf(props.record.year)}</td>
      <td class="table-label">{labelLine(props.record.labels)}</td>
      <td class="table-format">{formatLine(props.record.formats)}</td>
      <td class="table-rating">
        <Rating value={props.record.rating} />
      </td>
      <td class="table-added number">
        <Show when={props.record.dateAdded}>{(added) => <>{day(added())}</>}</Show>
      </td>
    </>
  );
}
