import { createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import type { Facets } from "../api/schema";
import { type Facet, facetsOf, type ListQuery, toggled } from "../stores/query";
import type { Kind } from "../stores/record";
import { texts } from "../texts/en";
import { count } from "../texts/format";
import { valueName } from "./FilterChips";

const SHOWN_AT_FIRST = 7;

const FIELDS = {
  folder: "folders",
  genre: "genres",
  style: "styles",
  format: "formats",
  decade: "decades",
  label: "labels",
  rating: "ratings",
} as const satisfies Record<Facet, keyof Facets>;

interface FiltersProps {
  readonly kind: Kind;
  readonly query: ListQuery;
  readonly facets: Facets | undefined;
  readonly onChange: (query: ListQuery) => void;
}

/** All filters, with how many records each value would leave. */
export function Filters(props: FiltersProps) {
  return (
    <div class="filters">
      <For each={facetsOf(props.kind)}>{(name) => <Values name={name} {...props} />}</For>
    </div>
  );
}

function Values(props: FiltersProps & { name: Facet }) {
  const id = createUniqueId();
  const [isWhole, setIsWhole] = createSignal(false);
  const chosen = () => props.query.filters[props.name] ?? [];
  const values = createMemo(() => {
    const counts: readonly { value: string | number; count: number }[] =
      props.facets?.[FIELDS[props.name]] ?? [];
    const all = counts
      .map((one) => ({ value: String(one.value), count: one.count }))
      .filter(
        (one) =>
          (one.count > 0 && one.value !== "" && !isAllFolders(props.name, one.value)) ||
          chosen().includes(one.value),
      );
    return props.name === "decade" || props.name === "rating" ? all.reverse() : all;
  });
  const shown = () => {
    if (isWhole()) return values();
    const first = values().slice(0, SHOWN_AT_FIRST);
    return [
      ...first,
      ...values()
        .slice(SHOWN_AT_FIRST)
        .filter((one) => chosen().includes(one.value)),
    ];
  };
  return (
    <Show when={values().length > 0}>
      <section class="facet" aria-labelledby={id}>
        <h2 id={id}>{texts.records.facets[props.name]}</h2>
        <ul>
          <For each={shown().map((one) => one.value)}>
            {(value) => (
              <li>
                <label class="facet-value">
                  <input
                    type="checkbox"
                    checked={chosen().includes(value)}
                    onChange={() => props.onChange(toggled(props.query, props.name, value))}
                  />
                  <span class="facet-name">{valueName(props.name, value, props.facets)}</span>
                  <span class="facet-count number">
                    {count(values().find((one) => one.value === value)?.count ?? 0)}
                  </span>
                </label>
              </li>
            )}
          </For>
        </ul>
        <Show when={values().length > SHOWN_AT_FIRST}>
          <button type="button" class="link" aria-expanded={isWhole()} onClick={() => setIsWhole(!isWhole())}>
            {isWhole() ? texts.common.less : texts.common.more}
          </button>
        </Show>
      </section>
    </Show>
  );
}

/** Folder 0 holds everything, so it narrows nothing. */
const isAllFolders = (name: Facet, value: string): boolean => name === "folder" && value === "0";
