import { For } from "solid-js";
import { chooseView, VIEWS, view } from "../stores/preferences";
import { type ListQuery, SORTS, usualOrder } from "../stores/query";
import { texts } from "../texts/en";
import { Icon } from "./Icon";

interface SortMenuProps {
  readonly query: ListQuery;
  readonly onChange: (query: ListQuery) => void;
}

/** What a list goes by, and which way. */
export function SortMenu(props: SortMenuProps) {
  const way = () => (props.query.order === "asc" ? texts.records.ascending : texts.records.descending);
  return (
    <div class="sort">
      <label>
        <span class="sort-label">{texts.records.sort}</span>
        <select
          aria-label={texts.records.sort}
          onChange={(event) => {
            const sort = SORTS.find((name) => name === event.currentTarget.value) ?? "added";
            props.onChange({ ...props.query, sort, order: usualOrder(sort) });
          }}
        >
          <For each={SORTS}>
            {(sort) => (
              <option value={sort} selected={sort === props.query.sort}>
                {texts.records.sorts[sort]}
              </option>
            )}
          </For>
        </select>
      </label>
      <button
        type="button"
        class="square"
        aria-label={way()}
        title={way()}
        onClick={() =>
          props.onChange({ ...props.query, order: props.query.order === "asc" ? "desc" : "asc" })
        }
      >
        <Icon name={props.query.order === "asc" ? "up" : "down"} />
      </button>
    </div>
  );
}

/** Covers, or a table. */
export function ViewSwitch() {
  return (
    <fieldset class="switch">
      <legend class="unseen">{texts.records.view}</legend>
      <For each={VIEWS}>
        {(one) => (
          <button
            type="button"
            class="square"
            aria-pressed={view() === one}
            aria-label={texts.records[one]}
            title={texts.records[one]}
            onClick={() => chooseView(one)}
          >
            <Icon name={one} />
          </button>
        )}
      </For>
    </fieldset>
  );
}
