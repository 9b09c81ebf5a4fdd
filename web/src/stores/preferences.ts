import { type Accessor, createSignal } from "solid-js";

/** A choice that this browser remembers. Where it may keep nothing, it holds until the page is closed. */
function remembered<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): readonly [Accessor<Choice>, (choice: Choice) => void] {
  const key = `cratesync.${name}`;
  const [choice, setChoice] = createSignal<Choice>(choices.find((one) => one === read(key)) ?? choices[0]);
  return [
    choice,
    (next) => {
      setChoice(() => next);
      write(key, next);
    },
  ];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const [theme, chooseTheme] = remembered<Theme>("theme", THEMES);

export const VIEWS = ["grid", "table"] as const;
export type View = (typeof VIEWS)[number];
export const [view, chooseView] = remembered<View>("view", VIEWS);
