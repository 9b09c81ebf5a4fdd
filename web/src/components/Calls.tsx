import { For, Show } from "solid-js";
import { useLive } from "../stores/live";
import { texts } from "../texts/en";
import { clock, count } from "../texts/format";

const said = texts.sync;
const SUCCESS_BELOW = 300;

/** Every call that this browser made in the user's name. */
export function Calls() {
  const live = useLive();
  return (
    <details class="calls">
      <summary>
        <h2>{said.requests}</h2>
        <span class="badge">{count(live.state.calls.length)}</span>
      </summary>
      <p class="hint">{said.requestsHint}</p>
      <Show when={live.state.calls.length > 0} fallback={<p class="quiet">{said.noRequests}</p>}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
        <section class="scrolls" tabIndex={0} aria-label={said.requests}>
          <table class="lines">
            <thead>
              <tr>
                <th scope="col">{said.requestColumns.time}</th>
                <th scope="col">{said.requestColumns.path}</th>
                <th scope="col">{said.requestColumns.status}</th>
                <th scope="col">{said.requestColumns.took}</th>
              </tr>
            </thead>
            <tbody>
              <For each={live.state.calls}>
                {(call) => (
                  <tr>
                    <td class="number">{clock(Date.parse(call.at))}</td>
                    <td class="path">GET {call.path}</td>
                    <td classList={{ warning: call.status === 0 || call.status >= SUCCESS_BELOW }}>
                      {call.status === 0 ? (call.code ?? said.unanswered) : call.status}
                    </td>
                    <td class="number">{count(Math.round(call.milliseconds))} ms</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </section>
      </Show>
    </details>
  );
}
