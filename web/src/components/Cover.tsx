import { createEffect, createSignal, on, onCleanup, onMount, Show } from "solid-js";
import { browserClock, CoverQueue, type CoverTicket } from "../stores/covers";
import type { AnyRecord } from "../stores/record";
import { texts } from "../texts/en";
import { artistLine, yearOf } from "../texts/format";

const queue = new CoverQueue(browserClock);

const watched = new WeakMap<Element, (isInView: boolean) => void>();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) watched.get(entry.target)?.(entry.isIntersecting);
});

/** A colour of the release's own, by Knuth's multiplicative hash: neighbours in number look different. */
const hueOf = (releaseId: number): number => (Math.imul(releaseId, 2654435761) >>> 0) % 360;

/** A cover; until it is here, and where there is none, its words on a colour of its own. */
export function Cover(props: { record: AnyRecord; isSmall?: boolean }) {
  let place: HTMLDivElement | undefined;
  const [source, setSource] = createSignal<string>();
  const [isShown, setIsShown] = createSignal(false);
  const [isInView, setIsInView] = createSignal(false);
  const wanted = () =>
    (props.isSmall
      ? props.record.thumb || props.record.coverImage
      : props.record.coverImage || props.record.thumb) || undefined;
  let ticket: CoverTicket | undefined;

  const leave = () => {
    ticket?.leave();
    ticket = undefined;
  };
  createEffect(
    on([wanted, isInView], ([url, inView]) => {
      if (source() === url && isShown()) return;
      leave();
      setSource(undefined);
      setIsShown(false);
      if (url === undefined || !inView) return;
      ticket = queue.enter(url, {
        load: () => setSource(url),
        giveUp: () => setSource(undefined),
      });
    }),
  );
  onMount(() => {
    if (place === undefined) return;
    watched.set(place, setIsInView);
    watcher.observe(place);
  });
  onCleanup(() => {
    if (place !== undefined) watcher.unobserve(place);
    leave();
  });

  return (
    <div
      class="cover"
      classList={{ small: props.isSmall === true }}
      style={{ "--hue": hueOf(props.record.releaseId) }}
      ref={place}
    >
      <span class="cover-words" aria-hidden="true">
        <span class="cover-title">{props.record.title || texts.records.untitled}</span>
        <span class="cover-artist">{artistLine(props.record.artists)}</span>
        <span class="cover-year">{yearOf(props.record.year)}</span>
      </span>
      <Show when={source()}>
        {(url) => (
          <img
            src={url()}
            alt=""
            decoding="async"
            draggable={false}
            referrerpolicy="no-referrer"
            classList={{ shown: isShown() }}
            onLoad={() => {
              setIsShown(true);
              ticket?.loaded();
            }}
            onError={() => {
              setSource(undefined);
              ticket?.failed();
            }}
          />
        )}
      </Show>
    </div>
  );
}
