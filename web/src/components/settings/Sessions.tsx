import { createResource, For, Show } from "solid-js";
import type { SessionList } from "../../api/schema";
import { useAccount } from "../../stores/account";
import { createTask } from "../../stores/task";
import { texts } from "../../texts/en";
import { ago, listed } from "../../texts/format";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";

const said = texts.settings.sessions;
const AGENT = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/g;
const SYSTEM = /Windows|Android|iPhone|iPad|Mac OS X|Linux/;
const NAMES: Readonly<Record<string, string>> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };

/** Where this account is signed in. */
export function Sessions() {
  const account = useAccount();
  const task = createTask();
  const [sessions, { refetch }] = createResource(() => account.call<SessionList>("/api/auth/sessions"));
  const end = (id: string) =>
    task.run(async () => {
      await account.call(`/api/auth/sessions/${id}`, { method: "DELETE" });
      await refetch();
    });
  return (
    <Part title={said.title}>
      <Show
        when={sessions.error === undefined}
        fallback={<FaultNotice fault={sessions.error} again={() => void refetch()} />}
      >
        <ul class="entries">
          <For each={sessions.latest?.items} fallback={<li class="quiet">{texts.common.loading}</li>}>
            {(session) => (
              <li>
                <span>
                  <strong>{browserOf(session.userAgent)}</strong>
                  <span class="hint">
                    {listed([
                      session.current ? said.current : said.used(ago(session.lastUsedAt)),
                      session.address,
                    ])}
                  </span>
                </span>
                <Show when={!session.current}>
                  <button type="button" disabled={task.isWorking()} onClick={() => end(session.id)}>
                    {said.end}
                    <span class="unseen"> {browserOf(session.userAgent)}</span>
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}

/** "Firefox, Linux", as far as a browser says so. */
function browserOf(agent: string): string {
  const names = [...agent.matchAll(AGENT)].map((found) => found[1] ?? "");
  const name = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((one) => names.includes(one)) ?? "";
  const system = SYSTEM.exec(agent)?.[0] ?? "";
  return listed([NAMES[name] ?? name, NAMES[system] ?? system]) || agent || texts.common.unknown;
}
