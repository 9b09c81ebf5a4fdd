import { createEffect, createResource, createSignal, For, Show } from "solid-js";
import type { ScheduleBody, ScheduleShape } from "../../api/schema";
import { useAccount } from "../../stores/account";
import { createTask, type FormEvent, typed } from "../../stores/task";
import { texts } from "../../texts/en";
import { ago } from "../../texts/format";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";

const said = texts.settings.schedule;
const MODES = ["every", "daily", "off"] as const;
type Mode = (typeof MODES)[number];
const HOURS = "6";
const TIME = "03:30";

/** When the server syncs by itself. */
export function Schedule() {
  const account = useAccount();
  const task = createTask();
  const [schedule, { mutate, refetch }] = createResource(() =>
    account.call<ScheduleShape>("/api/users/me/schedule"),
  );
  const [mode, setMode] = createSignal<Mode>("every");
  const [isSaved, setIsSaved] = createSignal(false);
  createEffect(() => {
    const known = schedule.latest?.mode;
    if (known !== undefined) setMode(known);
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const word = typed(event.currentTarget);
    setIsSaved(false);
    void task.run(async () => {
      const body = chosen(mode(), word);
      mutate(await account.call<ScheduleShape>("/api/users/me/schedule", { method: "PUT", body }));
      setIsSaved(true);
    });
  };

  return (
    <Part title={said.title} hint={said.hint}>
      <Show
        when={schedule.error === undefined}
        fallback={<FaultNotice fault={schedule.error} again={() => void refetch()} />}
      >
        <Show when={schedule.latest} fallback={<p class="quiet">{texts.common.loading}</p>}>
          {(known) => (
            <form class="form" onSubmit={submit}>
              <label class="field">
                <span class="field-label">{said.mode}</span>
                <select
                  onChange={(event) =>
                    setMode(MODES.find((one) => one === event.currentTarget.value) ?? "every")
                  }
                >
                  <For each={MODES}>
                    {(one) => (
                      <option value={one} selected={one === mode()}>
                        {said[one]}
                      </option>
                    )}
                  </For>
                </select>
              </label>
              <Show when={mode() === "every"}>
                <label class="field">
                  <span class="field-label">{said.hours}</span>
                  <input
                    name="hours"
                    type="number"
                    min="1"
                    max="8760"
                    step="any"
                    required
                    value={known().everyHours ?? HOURS}
                  />
                </label>
              </Show>
              <Show when={mode() === "daily"}>
                <label class="field">
                  <span class="field-label">{said.at}</span>
                  <input name="at" type="time" required value={known().dailyAt ?? TIME} />
                </label>
                <label class="field">
                  <span class="field-label">{said.zone}</span>
                  <input name="zone" required value={known().timeZone ?? ownZone()} spellcheck={false} />
                </label>
              </Show>
              <div class="row">
                <button type="submit" disabled={task.isWorking()}>
                  {texts.common.save}
                </button>
                <span role="status">{isSaved() ? said.saved : ""}</span>
              </div>
              <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
              <ul class="plain-list hint">
                <For each={known().mode === "off" ? [] : known().mirrors}>
                  {(mirror) => (
                    <li>{due(texts.sync.kinds[mirror.syncType], mirror.notBefore ?? mirror.dueAt)}</li>
                  )}
                </For>
              </ul>
            </form>
          )}
        </Show>
      </Show>
    </Part>
  );
}

const due = (kind: string, when: string | null): string =>
  when === null ? said.notDue(kind) : said.due(kind, ago(when));

function chosen(mode: Mode, word: (name: string) => string): ScheduleBody {
  if (mode === "every") return { mode, everyHours: Number(word("hours")) };
  return mode === "daily" ? { mode, dailyAt: word("at"), timeZone: word("zone").trim() } : { mode };
}

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
