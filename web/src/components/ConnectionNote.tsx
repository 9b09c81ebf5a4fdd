import { A } from "@solidjs/router";
import { createEffect, createMemo, on, onCleanup, Show } from "solid-js";
import { useAccount } from "../stores/account";
import { useLive } from "../stores/live";
import { texts } from "../texts/en";

/** Whether this browser does the asking, and what is missing before anybody can. */
export function ConnectionNote() {
  const account = useAccount();
  const live = useLive();
  const connection = () => live.state.connection;
  const isMissing = () => account.me()?.hasDiscogsToken === false || account.me()?.tokenValid === false;
  // A token may have been saved elsewhere, by another tab or program; and no sync goes on without one.
  const look = () => {
    if (isMissing() && document.visibilityState === "visible") void account.renew().catch(() => undefined);
  };
  const isSyncing = createMemo(() => live.active().length > 0);
  createEffect(on(isSyncing, look));
  document.addEventListener("visibilitychange", look);
  onCleanup(() => document.removeEventListener("visibilitychange", look));
  const because = () => {
    const one = connection();
    return one.phase === "watching" ? one.because : undefined;
  };
  const sentence = () => {
    const one = connection();
    return one.phase === "stopped" ? one.sentence : "";
  };
  return (
    <>
      <Show when={isMissing()}>
        <div class="notice bad">
          <p>{account.me()?.hasDiscogsToken ? texts.sync.tokenRejected : texts.sync.tokenMissing}</p>
          <A href="/token" class="button">
            {texts.sync.toToken}
          </A>
        </div>
      </Show>
      <p class={`connection ${connection().phase}`} role="status">
        {texts.sync.connections[connection().phase]}
        <Show when={sentence()}>{(said) => <span class="quiet"> {said()}</span>}</Show>
      </p>
      <Show when={because() === "socket_not_private"}>
        <p class="notice">{texts.sync.watchingWhy}</p>
      </Show>
    </>
  );
}
