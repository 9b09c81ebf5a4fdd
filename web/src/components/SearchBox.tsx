import { createEffect, createSignal, onCleanup, onMount, Show } from "solid-js";
import { TYPING_MS } from "../stores/list";
import { SEARCH_CHARACTERS_MAX } from "../stores/query";
import { texts } from "../texts/en";
import { Icon } from "./Icon";

interface SearchBoxProps {
  readonly value: string;
  readonly hint: string;
  readonly onSearch: (text: string) => void;
  readonly isLarge?: boolean;
}

/** Searches while somebody types. "/" leads here from anywhere on the page. */
export function SearchBox(props: SearchBoxProps) {
  let input: HTMLInputElement | undefined;
  const [text, setText] = createSignal(props.value);
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The address may change by itself: a link, or the way back.
  createEffect(() => {
    if (document.activeElement !== input) setText(props.value);
  });
  const type = (said: string, waitMs = TYPING_MS) => {
    setText(said);
    clearTimeout(timer);
    timer = setTimeout(() => props.onSearch(said), waitMs);
  };
  const shortcut = (event: KeyboardEvent) => {
    const isTyping =
      event.target instanceof Element && event.target.closest("input, select, textarea, dialog");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    event.preventDefault();
    input?.focus();
  };
  onMount(() => {
    document.addEventListener("keydown", shortcut);
    if (props.isLarge) input?.focus();
  });
  onCleanup(() => {
    clearTimeout(timer);
    document.removeEventListener("keydown", shortcut);
  });
  return (
    <search class="search" classList={{ large: props.isLarge === true }}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={`${texts.records.search}: ${props.hint}`}
        placeholder={props.hint}
        value={text()}
        maxLength={SEARCH_CHARACTERS_MAX}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && text() !== "") type("", 0);
          if (event.key === "Enter") type(text(), 0);
        }}
      />
      <Show when={text()}>
        <button
          type="button"
          class="search-clear"
          aria-label={texts.records.clear}
          onClick={() => {
            type("", 0);
            input?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      </Show>
    </search>
  );
}
