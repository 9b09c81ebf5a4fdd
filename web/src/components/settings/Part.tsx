import { createUniqueId, type ParentProps, Show } from "solid-js";

/** One part of the settings. */
export function Part(props: ParentProps<{ title: string; hint?: string }>) {
  const id = createUniqueId();
  return (
    <section class="part-of-settings" aria-labelledby={id}>
      <div class="part-words">
        <h2 id={id}>{props.title}</h2>
        <Show when={props.hint}>{(hint) => <p class="hint">{hint()}</p>}</Show>
      </div>
      <div class="part-body">{props.children}</div>
    </section>
  );
}
