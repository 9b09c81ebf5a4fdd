import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { TokenForm } from "../components/TokenForm";
import { useAccount } from "../stores/account";
import { texts } from "../texts/en";

/** What is missing after the first sign-in. */
export default function Token() {
  const account = useAccount();
  return (
    <div class="narrow">
      <h1>{texts.account.token.title}</h1>
      <p class="lead">{texts.account.token.lead}</p>
      <TokenForm />
      <p class="ways">
        <Show
          when={account.me()?.hasDiscogsToken && account.me()?.tokenValid !== false}
          fallback={<A href="/collection">{texts.account.token.later}</A>}
        >
          <A href="/sync" class="button primary">
            {texts.account.token.go}
          </A>
        </Show>
      </p>
    </div>
  );
}
