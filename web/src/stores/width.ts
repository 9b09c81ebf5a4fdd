import { type Accessor, createSignal, onCleanup, onMount } from "solid-js";

/** How wide an element is, and how far below the top of the document, in CSS pixels. */
export interface Measures {
  readonly width: number;
  readonly top: number;
}

/** Measures an element, now and whenever its own size or the document's changes. */
export function createMeasures(element: () => HTMLElement | undefined): Accessor<Measures> {
  const [measures, setMeasures] = createSignal<Measures>({ width: 0, top: 0 }, { equals: isSame });
  const measure = () => {
    const one = element();
    if (one === undefined) return;
    const box = one.getBoundingClientRect();
    setMeasures({ width: Math.floor(box.width), top: Math.round(box.top + window.scrollY) });
  };
  onMount(() => {
    const observer = new ResizeObserver(measure);
    const one = element();
    if (one !== undefined) observer.observe(one);
    observer.observe(document.body);
    measure();
    onCleanup(() => observer.disconnect());
  });
  return measures;
}

const isSame = (a: Measures, b: Measures): boolean => a.width === b.width && a.top === b.top;
