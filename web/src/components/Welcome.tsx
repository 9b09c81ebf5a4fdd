import type { ParentProps } from "solid-js";
import { texts } from "../texts/en";
import { Crate } from "./Crate";
import { Footer } from "./Footer";

/** Around the pages that are shown before somebody is signed in. */
export function Welcome(props: ParentProps<{ title: string }>) {
  return (
    <div class="welcome">
      <header class="shop">
        <p class="brand">
          <span class="disc" aria-hidden="true" />
          {texts.name}
        </p>
        <p class="tagline">{texts.tagline}</p>
        <Crate />
      </header>
      <main class="welcome-card">
        <h1>{props.title}</h1>
        {props.children}
      </main>
      <Footer />
    </div>
  );
}
