import { type JSX, type ParentProps, Show } from "solid-js";
import { ApiFault } from "../api/client";
import { texts } from "../texts/en";

/** What a fault says to a person. */
export const sentence = (fault: unknown): string =>
  fault instanceof ApiFault ? fault.message : texts.faults.unexpected;

/** Something went wrong, and what can be done. */
export function FaultNotice(props: { fault: unknown; again?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>{sentence(props.fault)}</p>
      <Show when={props.again}>
        {(again) => (
          <button type="button" onClick={() => again()()}>
            {texts.common.again}
          </button>
        )}
      </Show>
    </div>
  );
}

/** There is nothing here, and what to do about it. */
export function Empty(props: ParentProps<{ title: string; action?: JSX.Element }>) {
  return (
    <div class="empty">
      <span class="disc large" aria-hidden="true" />
      <h2>{props.title}</h2>
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}
