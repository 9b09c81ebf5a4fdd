import { A, HashRouter, Navigate, Route } from "@solidjs/router";
import { createEffect, createSignal, ErrorBoundary, lazy, Show, Suspense } from "solid-js";
import { Empty, FaultNotice } from "./components/Notice";
import { Shell } from "./components/Shell";
import { Follow } from "./pages/Follow";
import { CollectionPage, WantlistPage } from "./pages/Records";
import { SignIn } from "./pages/SignIn";
import { useAccount } from "./stores/account";
import type { OneTimeLink } from "./stores/link";
import { theme } from "./stores/preferences";
import { texts } from "./texts/en";

const Owned = lazy(() => import("./pages/Owned"));
const Sync = lazy(() => import("./pages/Sync"));
const Insights = lazy(() => import("./pages/Insights"));
const Settings = lazy(() => import("./pages/Settings"));
const Token = lazy(() => import("./pages/Token"));

/** The whole page: who is there decides what is shown. */
export function App(props: { link: OneTimeLink | undefined }) {
  const account = useAccount();
  const [link, setLink] = createSignal(props.link);
  createEffect(() => {
    document.documentElement.dataset["theme"] = theme();
  });
  const code = () => {
    const one = link();
    return one?.kind === "code" ? one : undefined;
  };
  const invitation = () => {
    const one = link();
    return one?.kind === "invitation" ? one.text : undefined;
  };
  return (
    <Show
      when={code()}
      fallback={
        <Show when={account.me()} fallback={<SignIn invitation={invitation()} />}>
          <Pages />
        </Show>
      }
    >
      {(one) => <Follow link={one()} done={() => setLink(undefined)} />}
    </Show>
  );
}

function Pages() {
  return (
    <HashRouter
      root={(props) => (
        <Shell>
          <ErrorBoundary fallback={(fault, again) => <FaultNotice fault={fault} again={again} />}>
            <Suspense fallback={<p class="quiet">{texts.common.loading}</p>}>{props.children}</Suspense>
          </ErrorBoundary>
        </Shell>
      )}
    >
      <Route path="/" component={Start} />
      <Route path="/collection" component={CollectionPage} />
      <Route path="/wantlist" component={WantlistPage} />
      <Route path="/owned" component={Owned} />
      <Route path="/sync" component={Sync} />
      <Route path="/insights" component={Insights} />
      <Route path="/settings" component={Settings} />
      <Route path="/token" component={Token} />
      <Route path="*" component={Lost} />
    </HashRouter>
  );
}

function Lost() {
  return (
    <Empty
      title={texts.faults.lost}
      action={
        <A href="/collection" class="button">
          {texts.nav.home}
        </A>
      }
    >
      {texts.faults.lostHint}
    </Empty>
  );
}

/** Whoever has no token yet is asked for one first. */
function Start() {
  const account = useAccount();
  return <Navigate href={account.me()?.hasDiscogsToken ? "/collection" : "/token"} />;
}
