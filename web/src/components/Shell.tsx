import { A, useLocation } from "@solidjs/router";
import { createEffect, For, on, type ParentProps, Show } from "solid-js";
import type { Progress } from "../protocol/messages";
import { useLive } from "../stores/live";
import { createWakeLock } from "../stores/wake_lock";
import { texts } from "../texts/en";
import { Footer } from "./Footer";
import { Icon } from "./Icon";
import { Meter } from "./Meter";

const PLACES: readonly Place[] = ["collection", "wantlist", "owned", "sync", "insights", "settings"];
type Place = "collection" | "wantlist" | "owned" | "sync" | "insights" | "settings";

/** What stands around every page of somebody who is signed in: the way to the others, what runs, the notices. */
export function Shell(props: ParentProps) {
  let main: HTMLElement | undefined;
  const location = useLocation();
  const live = useLive();
  // A phone whose screen goes off soon stops the page that asks Discogs.
  createWakeLock(() => live.state.connection.phase === "fetching" && live.active().some(isAtWork));
  // Whoever hears the page is told where they are when it changes.
  createEffect(
    on(
      () => location.pathname,
      () => main?.focus({ preventScroll: true }),
      { defer: true },
    ),
  );
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main?.focus()}>
        {texts.nav.skip}
      </button>
      <header class="bar">
        <A href="/collection" class="brand" activeClass="" inactiveClass="">
          <span class="disc" aria-hidden="true" />
          {texts.name}
        </A>
        <nav class="places" aria-label={texts.nav.label}>
          <For each={PLACES}>
            {(place) => (
              <A href={`/${place}`} class="place">
                <Icon name={place} />
                <span>{texts.nav[place]}</span>
              </A>
            )}
          </For>
        </nav>
        <Running />
      </header>
      <main class="page" tabIndex={-1} ref={main}>
        {props.children}
      </main>
      <Footer />
    </div>
  );
}

const isAtWork = (progress: Progress): boolean => progress.reason !== "user";

/** What runs, on every page. */
function Running() {
  const live = useLive();
  return (
    <Show when={live.active().length > 0}>
      <A href="/sync" class="running" activeClass="">
        <For each={live.active()}>
          {(progress) => (
            <span class="running-sync">
              <span class="running-name">
                {texts.sync.kinds[progress.syncType]}
                <span class="number">{Math.floor(progress.percentComplete)}%</span>
              </span>
              <Meter value={progress.percentComplete} label={texts.sync.progress} />
            </span>
          )}
        </For>
      </A>
    </Show>
  );
}
