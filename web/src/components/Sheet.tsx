import { onCleanup, onMount, type ParentProps } from "solid-js";
import { texts } from "../texts/en";
import { Icon } from "./Icon";

/** Something above the page: at the side of a wide screen, over all of a phone. Escape and the backdrop close it. */
export function Sheet(props: ParentProps<{ title: string; onClose: () => void }>) {
  let dialog: HTMLDialogElement | undefined;
  onMount(() => dialog?.showModal());
  onCleanup(() => dialog?.close());
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a press on the backdrop is a short way; Escape and the button close it too.
    <dialog
      class="sheet"
      ref={dialog}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog) props.onClose();
      }}
    >
      <div class="sheet-inner">
        <div class="sheet-head">
          <p class="sheet-title">{props.title}</p>
          <button
            type="button"
            class="square sheet-close"
            aria-label={texts.common.close}
            onClick={() => props.onClose()}
          >
            <Icon name="close" />
          </button>
        </div>
        {props.children}
      </div>
    </dialog>
  );
}
