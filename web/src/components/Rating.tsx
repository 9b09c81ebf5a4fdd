import { Show } from "solid-js";
import { texts } from "../texts/en";

const STARS = 5;

/** Stars, and the same in words. */
export function Rating(props: { value: number | null | undefined }) {
  return (
    <Show when={props.value} fallback={<span class="unseen">{texts.records.noRating}</span>}>
      {(value) => (
        <span class="stars">
          <span aria-hidden="true">
            {"★".repeat(Math.min(STARS, value()))}
            <span class="stars-rest">{"★".repeat(Math.max(0, STARS - value()))}</span>
          </span>
          <span class="unseen">{texts.records.stars(value())}</span>
        </span>
      )}
    </Show>
  );
}
