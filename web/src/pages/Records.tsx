import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { createEffect, createMemo, createSignal, on, onCleanup, Show } from "solid-js";
import { CoverGrid } from "../components/CoverGrid";
import { FilterChips } from "../components/FilterChips";
import { Filters } from "../components/Filters";
import { Icon } from "../components/Icon";
import { Empty, FaultNotice } from "../components/Notice";
import { RecordSheet } from "../components/RecordSheet";
import { RecordTable } from "../components/RecordTable";
import { SearchBox } from "../components/SearchBox";
import { Sheet } from "../components/Sheet";
import { SortMenu, ViewSwitch } from "../components/SortMenu";
import { useAccount } from "../stores/account";
import { createFacets, createList, type List } from "../stores/list";
import { useLive } from "../stores/live";
import { view } from "../stores/preferences";
import { chosen, type ListQuery, readQuery, type SearchValues, writeQuery } from "../stores/query";
import { type AnyRecord, type Kind, keyOf } from "../stores/record";
import { activeSync } from "../stores/syncs";
import { texts } from "../texts/en";
import { ago, count } from "../texts/format";

export const CollectionPage = () => <Records kind="collection" />;
export const WantlistPage = () => <Records kind="wantlist" />;

/** While a sync brings records, the list is read anew so often, where its beginning is in view. */
const RENEWED_MS = 4000;

function Records(props: { kind: Kind }) {
  const account = useAccount();
  const navigate = useNavigate();
  const kind = props.kind;
  const [search, setSearch] = useSearchParams<Record<string, string | string[]>>();
  const query = createMemo(() => readQuery(search as SearchValues, kind));
  const list = createList(account, kind, query);
  const facets = createFacets(account, kind, query, list.begun);
  const [isFiltering, setIsFiltering] = createSignal(false);
  const change = (next: ListQuery) => setSearch(writeQuery(next), { replace: true });
  // A record that was opened from the list is closed by the way back to it; one that came by a link, without one.
  let wasOpenedHere = false;
  const open = (record: AnyRecord) => {
    wasOpenedHere = true;
    setSearch({ item: keyOf(record) });
  };
  const close = () => {
    if (wasOpenedHere) navigate(-1);
    else setSearch({ item: undefined }, { replace: true });
  };
  const opened = () => {
    const item = search["item"];
    return typeof item === "string" && /^\d{1,19}$/.test(item) ? item : undefined;
  };
  createEffect(() => {
    if (opened() === undefined) wasOpenedHere = false;
  });
  const isNarrow = () => query().q.trim() !== "" || chosen(query()).length > 0;
  // Where nothing has come yet there is nothing to search, to sort or to narrow.
  const isBare = () => list.total() === 0 && !isNarrow() && !list.isBehind();
  renewing(kind, list);

  return (
    <div class="records">
      <div class="records-head">
        <h1>{texts.records[kind]}</h1>
        <p class="state" aria-live="polite">
          <Show when={!isBare() && list.total() !== undefined}>
            <span>{texts.records.count(count(list.total() ?? 0), list.total() ?? 0)}</span>
          </Show>
          <Freshness list={list} />
        </p>
      </div>
      <div class="tools" classList={{ bare: isBare() }}>
        <SearchBox
          value={query().q}
          hint={texts.records.searchHint[kind]}
          onSearch={(q) => change({ ...query(), q })}
        />
        <button type="button" class="filters-open" onClick={() => setIsFiltering(true)}>
          <Icon name="filter" />
          <span class="filters-word">{texts.records.filters}</span>
          <Show when={chosen(query()).length}>{(many) => <span class="badge">{many()}</span>}</Show>
        </button>
        <SortMenu query={query()} onChange={change} />
        <ViewSwitch />
      </div>
      <FilterChips query={query()} facets={facets()} onChange={change} />
      <div class="records-body" classList={{ whole: list.total() === 0 && chosen(query()).length === 0 }}>
        <aside class="filters-side" aria-label={texts.records.filters}>
          <Filters kind={kind} query={query()} facets={facets()} onChange={change} />
        </aside>
        <div class="records-list" classList={{ behind: list.isBehind() }}>
          <Show when={list.fault()}>{(fault) => <FaultNotice fault={fault()} again={list.retry} />}</Show>
          <Show
            when={list.total() === 0}
            fallback={
              <Show when={list.total() !== undefined || !list.fault()}>
                <Shown list={list} query={query()} open={open} change={change} />
              </Show>
            }
          >
            <Nothing kind={kind} isNarrow={isNarrow()} />
          </Show>
        </div>
      </div>
      <Show when={isFiltering()}>
        <Sheet title={texts.records.filters} onClose={() => setIsFiltering(false)}>
          <Filters kind={kind} query={query()} facets={facets()} onChange={change} />
          <button type="button" class="primary sheet-done" onClick={() => setIsFiltering(false)}>
            {texts.records.showResults(texts.records.count(count(list.total() ?? 0), list.total() ?? 0))}
          </button>
        </Sheet>
      </Show>
      <Show when={opened()} keyed>
        {(key) => <RecordSheet kind={kind} recordKey={key} onClose={close} />}
      </Show>
    </div>
  );
}

interface ShownProps {
  readonly list: List;
  readonly query: ListQuery;
  readonly open: (record: AnyRecord) => void;
  readonly change: (query: ListQuery) => void;
}

function Shown(props: ShownProps) {
  return (
    <Show
      when={view() === "grid"}
      fallback={
        <RecordTable list={props.list} query={props.query} onOpen={props.open} onChange={props.change} />
      }
    >
      <CoverGrid list={props.list} onOpen={props.open} />
    </Show>
  );
}

function Freshness(props: { list: List }) {
  return (
    <Show when={props.list.mirror()}>
      {(mirror) => (
        <span>
          {mirror().checkedAt
            ? texts.records.checked(ago(mirror().checkedAt ?? ""))
            : texts.records.unchecked}
          <Show when={mirror().overdue}>
            {" · "}
            <A href="/sync">{texts.records.overdue}</A>
          </Show>
        </span>
      )}
    </Show>
  );
}

function Nothing(props: { kind: Kind; isNarrow: boolean }) {
  const live = useLive();
  return (
    <Show
      when={props.isNarrow}
      fallback={
        <Show
          when={activeSync(live, props.kind)}
          fallback={
            <Empty
              title={texts.records.empty.title}
              action={
                <A href="/sync" class="button primary">
                  {texts.records.empty.action}
                </A>
              }
            >
              {texts.records.empty[props.kind]}
            </Empty>
          }
        >
          <Empty title={texts.records.empty.title}>{texts.records.empty.running}</Empty>
        </Show>
      }
    >
      <Empty title={texts.records.empty.nothing}>{texts.records.empty.nothingHint}</Empty>
    </Show>
  );
}

/** Records that a sync brings show up by themselves, but never under somebody who has scrolled. */
function renewing(kind: Kind, list: List): void {
  const live = useLive();
  const isAtTop = () => window.scrollY < window.innerHeight / 2;
  const itemsDone = () => activeSync(live, kind)?.itemsDone;
  let renewedAt = performance.now();
  createEffect(
    on(itemsDone, (done, before) => {
      const hasEnded = done === undefined && before !== undefined;
      const isLongAgo = performance.now() - renewedAt > RENEWED_MS;
      if (!hasEnded && (done === before || done === undefined || !isLongAgo)) return;
      if (!isAtTop() && !hasEnded) return;
      renewedAt = performance.now();
      list.renew();
    }),
  );
  const back = () => document.visibilityState === "visible" && isAtTop() && list.renew();
  document.addEventListener("visibilitychange", back);
  onCleanup(() => document.removeEventListener("visibilitychange", back));
}
