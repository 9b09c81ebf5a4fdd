import { createResource, For, onCleanup, Show } from "solid-js";
import type { CollectionPage, RateLimitShape, WantlistPage } from "../api/schema";
import { Calls } from "../components/Calls";
import { ChangesSince } from "../components/ChangesSince";
import { ConnectionNote } from "../components/ConnectionNote";
import { FaultNotice } from "../components/Notice";
import { SyncCard } from "../components/SyncCard";
import { SyncHistory } from "../components/SyncHistory";
import { useAccount } from "../stores/account";
import { useLive } from "../stores/live";
import type { Kind } from "../stores/record";
import { texts } from "../texts/en";

const KINDS: readonly Kind[] = ["collection", "wantlist"];

/** Start syncs, watch them, and look back on what they did. */
export default function Sync() {
  const account = useAccount();
  const live = useLive();
  const mirror = async (kind: Kind) => account.call<CollectionPage | WantlistPage>(`/api/${kind}?limit=1`);
  const [mirrors, { refetch }] = createResource(async () => {
    const [collection, wantlist] = await Promise.all([mirror("collection"), mirror("wantlist")]);
    return { collection, wantlist };
  });
  const [quota, { refetch: askQuota }] = createResource(() =>
    account.call<RateLimitShape>("/api/discogs/rateLimit"),
  );
  onCleanup(
    live.onEnded(() => {
      void refetch();
      void askQuota();
      // Discogs may have refused the token, which is then asked for again.
      void account.renew().catch(() => undefined);
    }),
  );

  return (
    <div class="syncing">
      <div>
        <h1>{texts.sync.title}</h1>
        <p class="lead">{texts.sync.lead}</p>
      </div>
      <ConnectionNote />
      <Show
        when={mirrors.error === undefined}
        fallback={<FaultNotice fault={mirrors.error} again={refetch} />}
      >
        <div class="sync-cards">
          <For each={KINDS}>
            {(kind) => <SyncCard kind={kind} mirror={mirrors.latest?.[kind]} quota={quota.latest} />}
          </For>
        </div>
      </Show>
      <Calls />
      <SyncHistory />
      <ChangesSince />
    </div>
  );
}
