import { createSignal, Show } from "solid-js";
import { texts } from "../../texts/en";

/** A secret that the server tells once. It is forgotten when the page is left. */
export function ShownOnce(props: { hint: string; text: string }) {
  let field: HTMLInputElement | undefined;
  const [isCopied, setIsCopied] = createSignal(false);
  const copy = async () => {
    field?.select();
    // There is no clipboard where the page came by plain http: then it is selected, ready for the keyboard.
    if (navigator.clipboard === undefined) return;
    await navigator.clipboard.writeText(props.text).then(
      () => setIsCopied(true),
      () => undefined,
    );
  };
  return (
    <div class="notice good shown-once">
      <p>{props.hint}</p>
      <div class="row">
        <input
          ref={field}
          readOnly
          value={props.text}
          aria-label={props.hint}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" onClick={copy}>
          <span role="status">
            <Show when={isCopied()} fallback={texts.common.copy}>
              {texts.common.copied}
            </Show>
          </span>
        </button>
      </div>
    </div>
  );
}
