import { For, Show } from "solid-js";
import type { Facets } from "../api/schema";
import { chosen, type Filter, type ListQuery, toggled } from "../stores/query";
import { texts } from "../texts/en";
import { decadeName, plainName } from "../texts/format";
import { Icon } from "./Icon";

/** A value of a filter, as people know it. */
export function valueName(name: Filter, value: string, facets: Facets | undefined): string {
  if (name === "folder") {
    const folder = facets?.folders.find((one) => String(one.value) === value);
    return folder?.name ?? value;
  }
  if (name === "decade") return decadeName(Number(value));
  if (name === "rating")
    return value === "0" ? texts.records.noRating : "★".repeat(Math.min(5, Number(value)));
  return plainName(value);
}

interface FilterChipsProps {
  readonly query: ListQuery;
  readonly facets: Facets | undefined;
  readonly onChange: (query: ListQuery) => void;
}

/** The filters that hold, each with a way to take it away. */
export function FilterChips(props: FilterChipsProps) {
  return (
    <Show when={chosen(props.query).length > 0}>
      <ul class="chips">
        <For each={chosen(props.query)}>
          {([name, value]) => (
            <li>
              <button
                type="button"
                class="chip"
                aria-label={texts.records.removeFilter(
                  texts.records.facets[name],
                  valueName(name, value, props.facets),
                )}
                onClick={() => props.onChange(toggled(props.query, name, value))}
              >
                {valueName(name, value, props.facets)}
                <Icon name="close" />
              </button>
            </li>
          )}
        </For>
        <li>
          <button type="button" class="link" onClick={() => props.onChange({ ...props.query, filters: {} })}>
            {texts.records.clearFilters}
          </button>
        </li>
      </ul>
    </Show>
  );
}
