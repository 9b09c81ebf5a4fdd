import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { createEffect, For, on, onCleanup, onMount, Show } from "solid-js";
import { theme } from "../stores/preferences";
import { texts } from "../texts/en";
import { count } from "../texts/format";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

export interface Point {
  readonly name: string;
  readonly value: number;
}

/** Values of the same names. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

interface PlotProps {
  readonly title: string;
  readonly hint?: string;
  readonly names: readonly string[];
  readonly series: readonly Series[];
  readonly shape: "columns" | "rows" | "line";
  /** What the names are, for the table. */
  readonly nameColumn: string;
  readonly tell?: (value: number) => string;
  readonly onPick?: (position: number) => void;
}

const ROW_PX = 26;
const HEIGHT_PX = 240;
const AXIS_PX = 36;

/** A plot, and the same as a table for whoever cannot see it. */
export function Plot(props: PlotProps) {
  let canvas: HTMLCanvasElement | undefined;
  let chart: Chart | undefined;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tell = (value: number) => (props.tell ?? count)(value);
  const height = () => (props.shape === "rows" ? props.names.length * ROW_PX + AXIS_PX : HEIGHT_PX);

  const draw = () => {
    chart?.destroy();
    if (canvas !== undefined) chart = new Chart(canvas, configuration(props, canvas, tell));
  };
  onMount(draw);
  createEffect(
    on([() => props.names, () => props.series, theme], () => queueMicrotask(draw), { defer: true }),
  );
  dark.addEventListener("change", draw);
  onCleanup(() => {
    dark.removeEventListener("change", draw);
    chart?.destroy();
    chart = undefined;
  });

  return (
    <figure class="plot">
      <figcaption>
        <h2>{props.title}</h2>
        <Show when={props.hint}>{(hint) => <p class="hint">{hint()}</p>}</Show>
      </figcaption>
      <div class="plot-place" style={{ height: `${height()}px` }}>
        <canvas ref={canvas} role="img" aria-label={props.title} />
      </div>
      <details class="plot-table">
        <summary>
          {texts.insights.asTable}
          <span class="unseen">: {props.title}</span>
        </summary>
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">{props.nameColumn}</th>
              <For each={props.series}>{(one) => <th scope="col">{one.name}</th>}</For>
            </tr>
          </thead>
          <tbody>
            <For each={props.names}>
              {(name, position) => (
                <tr>
                  <th scope="row">{name}</th>
                  <For each={props.series}>
                    {(one) => <td class="number">{tell(one.values[position()] ?? 0)}</td>}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function configuration(
  props: PlotProps,
  canvas: HTMLCanvasElement,
  tell: (value: number) => string,
): ChartConfiguration {
  const colour = colours(canvas);
  const font = { family: getComputedStyle(canvas).fontFamily };
  const isLine = props.shape === "line";
  const isRows = props.shape === "rows";
  const names = {
    grid: { display: false },
    border: { color: colour.line },
    ticks: { color: colour.muted, font, maxRotation: 0 },
  };
  const values = {
    beginAtZero: true,
    grid: { color: colour.line },
    border: { display: false },
    ticks: {
      color: colour.muted,
      font,
      maxTicksLimit: 6,
      callback: (value: string | number) => tell(Number(value)),
    },
  };
  return {
    type: isLine ? "line" : "bar",
    data: {
      labels: [...props.names],
      datasets: props.series.map((one, position) => ({
        label: one.name,
        data: [...one.values],
        backgroundColor: colour.accent,
        borderColor: position === 1 || props.series.length === 1 ? colour.accent : colour.muted,
        borderWidth: isLine ? 2 : 0,
        borderDash: props.series.length > 1 && position !== 1 ? [4, 4] : [],
        borderRadius: isLine ? 0 : 3,
        pointRadius: isLine && one.values.length < 40 ? 3 : 0,
        maxBarThickness: 36,
      })),
    },
    options: {
      indexAxis: isRows ? "y" : "x",
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false, axis: isRows ? "y" : "x" },
      scales: isRows
        ? { x: values, y: { ...names, ticks: { color: colour.ink, font, autoSkip: false } } }
        : { x: names, y: values },
      plugins: {
        tooltip: {
          bodyFont: font,
          titleFont: font,
          callbacks: { label: (item) => `${item.dataset.label ?? ""}: ${tell(Number(item.raw))}` },
        },
      },
      onClick: (_, elements) => {
        const picked = elements[0];
        if (picked !== undefined) props.onPick?.(picked.index);
      },
    },
  };
}

/** The colours of the page, as they are right now. */
function colours(element: Element) {
  const probe = document.createElement("span");
  element.parentElement?.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { accent: read("accent"), ink: read("ink"), muted: read("muted"), line: read("line") };
  probe.remove();
  return found;
}
