import { A, useNavigate } from "@solidjs/router";
import { createResource, createSignal, For, Show } from "solid-js";
import type { NameCount, Statistics, ValueShape, Values } from "../api/schema";
import { Empty, FaultNotice } from "../components/Notice";
import { Plot } from "../components/Plot";
import { useAccount } from "../stores/account";
import type { Filter } from "../stores/query";
import type { Kind } from "../stores/record";
import { growth, money, months } from "../stores/statistics";
import { texts } from "../texts/en";
import { count, day, decadeName, monthName, plainName } from "../texts/format";

const said = texts.insights;
const NAMES_SHOWN = 12;
const KINDS: readonly Kind[] = ["collection", "wantlist"];
const TOTALS = ["records", "releases", "artists", "labels"] as const;
const ESTIMATES = ["minimum", "median", "maximum"] as const;
const NAMED = [
  ["genres", "genre"],
  ["styles", "style"],
  ["formats", "format"],
  ["labels", "label"],
  ["artists", "artist"],
] as const;

/** Plots of what there is, and of how it came together. */
export default function Insights() {
  const account = useAccount();
  const [kind, setKind] = createSignal<Kind>("collection");
  const [statistics, { refetch }] = createResource(kind, (one) =>
    account.call<Statistics>(`/api/${one}/statistics?limit=${NAMES_SHOWN}`),
  );
  return (
    <div class="insights">
      <div class="insights-head">
        <h1>{said.title}</h1>
        <label class="inline-field">
          <span>{said.of}</span>
          <select
            onChange={(event) =>
              setKind(event.currentTarget.value === "wantlist" ? "wantlist" : "collection")
            }
          >
            <For each={KINDS}>{(one) => <option value={one}>{texts.records[one].toLowerCase()}</option>}</For>
          </select>
        </label>
      </div>
      <Show
        when={statistics.error === undefined}
        fallback={<FaultNotice fault={statistics.error} again={() => void refetch()} />}
      >
        <Show when={statistics.latest} fallback={<p class="quiet">{texts.common.loading}</p>}>
          {(found) => (
            <Show when={found().totals.records > 0} fallback={<Nothing />}>
              <Plots kind={kind()} found={found()} />
            </Show>
          )}
        </Show>
      </Show>
    </div>
  );
}

function Nothing() {
  return (
    <Empty
      title={texts.records.empty.title}
      action={
        <A href="/sync" class="button primary">
          {texts.records.empty.action}
        </A>
      }
    >
      {said.empty}
    </Empty>
  );
}

function Plots(props: { kind: Kind; found: Statistics }) {
  const navigate = useNavigate();
  const show = (filter: Filter, value: string | number | undefined) => {
    if (value !== undefined) navigate(`/${props.kind}?${filter}=${encodeURIComponent(value)}`);
  };
  const named = (field: (typeof NAMED)[number][0]): readonly NameCount[] => props.found[field];
  const added = () => months(props.found.additions);
  return (
    <>
      <dl class="totals">
        <For each={TOTALS}>
          {(name) => (
            <div>
              <dt>{said.totals[name]}</dt>
              <dd class="number">{count(props.found.totals[name])}</dd>
            </div>
          )}
        </For>
      </dl>
      <div class="plots">
        <Plot
          title={said.decades}
          shape="columns"
          names={props.found.decades.map((one) => decadeName(one.value))}
          series={[{ name: said.columns.records, values: props.found.decades.map((one) => one.count) }]}
          nameColumn={said.columns.value}
          onPick={(position) => show("decade", props.found.decades[position]?.value)}
        />
        <Plot
          title={said.growth}
          shape="line"
          names={added().map((one) => monthName(one.month))}
          series={[{ name: said.columns.records, values: growth(added()) }]}
          nameColumn={said.columns.month}
        />
        <Plot
          title={said.additions}
          shape="columns"
          names={added().map((one) => monthName(one.month))}
          series={[{ name: said.columns.records, values: added().map((one) => one.count) }]}
          nameColumn={said.columns.month}
        />
        <Show when={props.kind === "collection"}>
          <Worth />
        </Show>
        <For each={NAMED}>
          {([field, filter]) => (
            <Plot
              title={said[field]}
              shape="rows"
              names={named(field).map((one) => plainName(one.value))}
              series={[{ name: said.columns.records, values: named(field).map((one) => one.count) }]}
              nameColumn={said.columns.value}
              onPick={(position) => show(filter, named(field)[position]?.value)}
            />
          )}
        </For>
      </div>
    </>
  );
}

/** What Discogs says that the collection is worth, each time that a sync asked. */
function Worth() {
  const account = useAccount();
  const [values] = createResource(() => account.call<Values>("/api/collection/value"));
  const history = () =>
    [...(values.latest?.history ?? [])].sort((a, b) => a.recordedAt.localeCompare(b.recordedAt));
  const series = (field: "minimum" | "median" | "maximum") => ({
    name: said[field],
    values: history().map((one: ValueShape) => money(one[field])?.amount ?? 0),
  });
  const newest = () => {
    const { minimum, median, maximum } = values.latest?.value ?? {};
    return median ? said.range(median, minimum ?? "", maximum ?? "") : "";
  };
  const currency = () => money(history()[0]?.median ?? null)?.sign ?? "";
  return (
    <Show when={values.error === undefined} fallback={<FaultNotice fault={values.error} />}>
      <Show when={history().length > 1} fallback={<Estimate value={history()[0]} />}>
        <Plot
          title={said.value}
          hint={`${newest()} ${said.valueHint}`}
          shape="line"
          names={history().map((one) => day(one.recordedAt))}
          series={[series("minimum"), series("median"), series("maximum")]}
          nameColumn={said.columns.when}
          tell={(value) => `${currency()}${count(Math.round(value))}`}
        />
      </Show>
    </Show>
  );
}

/** What the only estimate so far says; a plot of one moment shows nothing. */
function Estimate(props: { value: ValueShape | undefined }) {
  return (
    <section class="plot" aria-label={said.value}>
      <div>
        <h2>{said.value}</h2>
        <p class="hint">{props.value ? said.valueHint : said.noValue}</p>
      </div>
      <Show when={props.value}>
        {(value) => (
          <dl class="totals estimate">
            <For each={ESTIMATES}>
              {(name) => (
                <div>
                  <dt>{said[name]}</dt>
                  <dd class="number">{value()[name] ?? texts.common.unknown}</dd>
                </div>
              )}
            </For>
          </dl>
        )}
      </Show>
    </section>
  );
}
