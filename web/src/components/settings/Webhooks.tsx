import { createResource, createSignal, For, Show } from "solid-js";
import type { WebhookList, WebhookWithSecret } from "../../api/schema";
import { useAccount } from "../../stores/account";
import { createTask, type FormEvent, typed } from "../../stores/task";
import { texts } from "../../texts/en";
import { listed } from "../../texts/format";
import { Field } from "../Field";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";
import { ShownOnce } from "./ShownOnce";

const said = texts.settings.webhooks;

/** Whom the server calls when something happened. */
export function Webhooks() {
  const account = useAccount();
  const task = createTask();
  const [made, setMade] = createSignal<WebhookWithSecret>();
  const [webhooks, { refetch }] = createResource(() => account.call<WebhookList>("/api/webhooks"));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    const url = typed(form)("url").trim();
    void task.run(async () => {
      setMade(await account.call<WebhookWithSecret>("/api/webhooks", { method: "POST", body: { url } }));
      form.reset();
      await refetch();
    });
  };
  const change = (id: string, enabled: boolean) =>
    task.run(async () => {
      await account.call(`/api/webhooks/${id}`, { method: "PATCH", body: { enabled } });
      await refetch();
    });
  const remove = (id: string) =>
    task.run(async () => {
      await account.call(`/api/webhooks/${id}`, { method: "DELETE" });
      if (made()?.id === id) setMade(undefined);
      await refetch();
    });

  return (
    <Part title={said.title} hint={said.hint}>
      <Show
        when={webhooks.error === undefined}
        fallback={<FaultNotice fault={webhooks.error} again={() => void refetch()} />}
      >
        <ul class="entries">
          <For
            each={webhooks.latest?.items}
            fallback={<li class="quiet">{webhooks.loading ? texts.common.loading : said.none}</li>}
          >
            {(webhook) => (
              <li>
                <span>
                  <strong>{webhook.url}</strong>
                  <span class="hint">
                    {listed([webhook.enabled ? said.enabled : said.disabled, webhook.events.join(" ")])}
                  </span>
                </span>
                <span class="buttons">
                  <button
                    type="button"
                    disabled={task.isWorking()}
                    onClick={() => change(webhook.id, !webhook.enabled)}
                  >
                    {webhook.enabled ? said.disable : said.enable}
                  </button>
                  <button type="button" disabled={task.isWorking()} onClick={() => remove(webhook.id)}>
                    {said.remove}
                  </button>
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={made()} keyed>
        {(one) => <ShownOnce hint={said.secret} text={one.secret} />}
      </Show>
      <form class="form" onSubmit={submit}>
        <Field label={said.url} name="url" type="url" autocomplete="off" required />
        <button type="submit" disabled={task.isWorking()}>
          {said.create}
        </button>
      </form>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}
