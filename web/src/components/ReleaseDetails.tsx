import { createSignal, For, onCleanup, onMount, type ParentProps, Show } from "solid-js";
import { ApiFault } from "../api/client";
import type { Artist, ReleaseDetails as Details, ReleaseShape, Track } from "../api/schema";
import { useAccount } from "../stores/account";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { ago, artistLine, count, listed, withNumber } from "../texts/format";
import { FaultNotice } from "./Notice";

const said = texts.records.record;
/** The server says "not here yet" after ten seconds; so often it is asked again. */
const ASKS_MAX = 6;
const ASK_AGAIN_MS = 1000;

/** What Discogs tells of a release alone: asked for when the record is opened, which costs a call where it is not kept yet. */
export function ReleaseDetails(props: { releaseId: number }) {
  const account = useAccount();
  const task = createTask();
  const ending = new AbortController();
  onCleanup(() => ending.abort());
  const [release, setRelease] = createSignal<ReleaseShape>();

  const ask = () =>
    task.run(async () => {
      for (let asked = 1; ; asked++) {
        try {
          const path = `/api/releases/${props.releaseId}`;
          setRelease(await account.call<ReleaseShape>(path, { signal: ending.signal }));
          return;
        } catch (fault) {
          const isOnItsWay = fault instanceof ApiFault && fault.code === "not_here_yet";
          if (!isOnItsWay || asked === ASKS_MAX) throw fault;
          await pause(ASK_AGAIN_MS, ending.signal);
        }
      }
    });

  onMount(ask);

  return (
    <section>
      <h3>{said.more}</h3>
      <Show
        when={release()}
        fallback={
          <button type="button" onClick={ask} disabled={task.isWorking()}>
            {task.isWorking() ? said.asking : said.ask}
          </button>
        }
      >
        {(one) => (
          <>
            <Told details={one().release} />
            <p class="quiet">
              {said.fetched(ago(one().fetchedAt))}{" "}
              <Show when={one().stale}>
                <strong class="warning">{said.stale}</strong>{" "}
                <button type="button" class="link" onClick={ask} disabled={task.isWorking()}>
                  {said.askAgain}
                </button>
              </Show>
            </p>
          </>
        )}
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </section>
  );
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

function Told(props: { details: Details }) {
  const community = () => props.details.community;
  return (
    <div class="details">
      <Show when={props.details.tracklist?.length}>
        <Part title={said.tracks}>
          <ol class="tracks">
            <For each={props.details.tracklist}>{(track) => <TrackLine track={track} />}</For>
          </ol>
        </Part>
      </Show>
      <Part title={said.release}>
        <Lines
          lines={[
            [said.country, props.details.country ?? ""],
            [said.released, props.details.released ?? ""],
            [said.series, (props.details.series ?? []).map(withNumber).join(", ")],
          ]}
        />
      </Part>
      <Show when={props.details.credits?.length}>
        <Part title={said.credits}>
          <Lines lines={(props.details.credits ?? []).map(credit)} />
        </Part>
      </Show>
      <Show when={props.details.companies?.length}>
        <Part title={said.companies}>
          <Lines lines={(props.details.companies ?? []).map((one) => [one.role ?? "", withNumber(one)])} />
        </Part>
      </Show>
      <Show when={props.details.identifiers?.length}>
        <Part title={said.identifiers}>
          <Lines
            lines={(props.details.identifiers ?? []).map((one) => [
              listed([one.type ?? "", one.description ?? ""]),
              one.value ?? "",
            ])}
          />
        </Part>
      </Show>
      <Show when={props.details.notes}>
        {(notes) => (
          <Part title={said.releaseNotes}>
            <p class="release-notes">{notes()}</p>
          </Part>
        )}
      </Show>
      <Show when={props.details.videos?.length}>
        <Part title={said.videos}>
          <ul class="plain-list">
            <For each={props.details.videos?.filter((video) => /^https:\/\//.test(video.uri ?? ""))}>
              {(video) => (
                <li>
                  <a href={video.uri ?? ""} target="_blank" rel="noopener noreferrer">
                    {video.title || video.uri}
                  </a>
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
      <Show when={community()?.have ?? community()?.want}>
        <Part title={said.community}>
          <p>
            {listed([
              said.have(count(community()?.have ?? 0), count(community()?.want ?? 0)),
              community()?.ratingCount
                ? said.average(
                    (community()?.ratingAverage ?? 0).toFixed(2),
                    count(community()?.ratingCount ?? 0),
                  )
                : "",
            ])}
          </p>
        </Part>
      </Show>
    </div>
  );
}

const credit = (artist: Artist): readonly [string, string] => [
  artist.role ?? "",
  artistLine([artist]) + (artist.tracks ? ` (${artist.tracks})` : ""),
];

function Part(props: ParentProps<{ title: string }>) {
  return (
    <div class="part">
      <h4>{props.title}</h4>
      {props.children}
    </div>
  );
}

function Lines(props: { lines: readonly (readonly [string, string])[] }) {
  return (
    <dl class="facts">
      <For each={props.lines.filter(([, value]) => value !== "")}>
        {([name, value]) => (
          <div class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}

function TrackLine(props: { track: Track }) {
  const parts = () => props.track.subTracks ?? [];
  return (
    <li class="track" classList={{ heading: props.track.type === "heading" }}>
      <span class="track-position number">{props.track.position}</span>
      <span class="track-title">
        {props.track.title}
        <Show when={props.track.artists?.length}>
          <span class="quiet"> {artistLine(props.track.artists ?? [])}</span>
        </Show>
        <Show when={parts().length > 0}>
          <ul class="plain-list quiet">
            <For each={parts()}>{(part) => <li>{listed([part.position ?? "", part.title ?? ""])}</li>}</For>
          </ul>
        </Show>
      </span>
      <span class="number quiet">{props.track.duration}</span>
    </li>
  );
}
