import { A, useSearchParams } from "@solidjs/router";
import { createEffect, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { CollectionPage, WantlistPage } from "../api/schema";
import { Cover } from "../components/Cover";
import { FaultNotice } from "../components/Notice";
import { SearchBox } from "../components/SearchBox";
import { useAccount } from "../stores/account";
import { type Pressing, type Work, worksOf } from "../stores/ownership";
import { texts } from "../texts/en";
import { artistLine, formatLine, labelLine, listed, yearOf } from "../texts/format";

const said = texts.records.owned;
const FOUND_MAX = 100;

interface Found {
  readonly works: readonly Work[];
  readonly owned: number;
  readonly wanted: number;
}

/** One box over both lists: is this record in the shop owned already, or wanted? */
export default function Owned() {
  const account = useAccount();
  const [search, setSearch] = useSearchParams<{ q: string }>();
  const [found, setFound] = createSignal<Found>();
  const [fault, setFault] = createSignal<unknown>();
  const words = () => (search.q ?? "").trim();

  createEffect(
    on(words, (q) => {
      const ending = new AbortController();
      onCleanup(() => ending.abort());
      if (q === "") {
        setFound(undefined);
        setFault(undefined);
        return;
      }
      const { signal } = ending;
      const asked = `q=${encodeURIComponent(q)}&sort=artist&limit=${FOUND_MAX}`;
      Promise.all([
        account.call<CollectionPage>(`/api/collection?${asked}`, { signal }),
        account.call<WantlistPage>(`/api/wantlist?${asked}`, { signal }),
      ]).then(
        ([owned, wanted]) => {
          setFault(undefined);
          setFound({ works: worksOf(owned.items, wanted.items), owned: owned.total, wanted: wanted.total });
        },
        (error: unknown) => {
          if (!signal.aborted) setFault(() => error);
        },
      );
    }),
  );

  return (
    <div class="owned">
      <h1>{said.title}</h1>
      <p class="lead">{said.lead}</p>
      <SearchBox
        value={search.q ?? ""}
        hint={said.hint}
        isLarge
        onSearch={(q) => setSearch({ q: q || undefined }, { replace: true })}
      />
      <Show when={fault()}>{(error) => <FaultNotice fault={error()} />}</Show>
      <p class="quiet" role="status">
        <Show when={found()} fallback={said.start}>
          {(one) => <>{one().works.length > 0 ? said.result(one().owned, one().wanted) : said.nothing}</>}
        </Show>
      </p>
      <ul class="works">
        <For each={found()?.works}>{(work) => <WorkLine work={work} />}</For>
      </ul>
      <Show when={Math.max(found()?.owned ?? 0, found()?.wanted ?? 0) > FOUND_MAX}>
        <p class="quiet">{said.more}</p>
      </Show>
    </div>
  );
}

function WorkLine(props: { work: Work }) {
  const shown = () => props.work.pressings[0]?.record;
  return (
    <Show when={shown()}>
      {(record) => (
        <li class="work">
          <Cover record={record()} isSmall />
          <div class="work-words">
            <h2>{record().title || texts.records.untitled}</h2>
            <p>{artistLine(record().artists)}</p>
            <p class="verdicts">
              <Show when={props.work.copies > 0}>
                <span class="verdict owned-it">{said.owns(props.work.copies)}</span>
              </Show>
              <Show when={props.work.isWanted}>
                <span class="verdict wanted-it">{said.wants}</span>
              </Show>
              <Show when={props.work.pressings.length > 1}>
                <span class="quiet">{said.pressings(props.work.pressings.length)}</span>
              </Show>
            </p>
            <ul class="plain-list pressings">
              <For each={props.work.pressings}>{(pressing) => <PressingLine pressing={pressing} />}</For>
            </ul>
          </div>
        </li>
      )}
    </Show>
  );
}

function PressingLine(props: { pressing: Pressing }) {
  const { record } = props.pressing;
  const to = () => {
    const copy = props.pressing.copies[0];
    return copy ? `/collection?item=${copy.instanceId}` : `/wantlist?item=${props.pressing.releaseId}`;
  };
  return (
    <li>
      <A href={to()}>{listed([yearOf(record.year), labelLine(record.labels)]) || texts.common.unknown}</A>{" "}
      <span class="quiet">{formatLine(record.formats)}</span>{" "}
      <Show when={props.pressing.copies.length > 1}>
        <strong class="warning">{said.duplicate(props.pressing.copies.length)}</strong>
      </Show>
    </li>
  );
}
