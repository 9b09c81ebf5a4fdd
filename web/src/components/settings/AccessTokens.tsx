import { createResource, createSignal, For, Show } from "solid-js";
import type { NewToken, TokenList } from "../../api/schema";
import { useAccount } from "../../stores/account";
import { createTask, type FormEvent } from "../../stores/task";
import { texts } from "../../texts/en";
import { ago, day, listed } from "../../texts/format";
import { Field } from "../Field";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";
import { ShownOnce } from "./ShownOnce";

const said = texts.settings.tokens;
const SCOPES = ["read", "sync", "fetch", "account"] as const;

/** Personal access tokens, for programs. */
export function AccessTokens() {
  const account = useAccount();
  const task = createTask();
  const [made, setMade] = createSignal<NewToken>();
  const [tokens, { refetch }] = createResource(() => account.call<TokenList>("/api/auth/tokens"));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    void task.run(async () => {
      const body = { name: String(data.get("name")), scopes: data.getAll("scope").map(String) };
      setMade(await account.call<NewToken>("/api/auth/tokens", { method: "POST", body }));
      const name = form.elements.namedItem("name");
      if (name instanceof HTMLInputElement) name.value = "";
      await refetch();
    });
  };
  const revoke = (id: string) =>
    task.run(async () => {
      await account.call(`/api/auth/tokens/${id}`, { method: "DELETE" });
      if (made()?.id === id) setMade(undefined);
      await refetch();
    });

  return (
    <Part title={said.title} hint={said.hint}>
      <Show
        when={tokens.error === undefined}
        fallback={<FaultNotice fault={tokens.error} again={() => void refetch()} />}
      >
        <ul class="entries">
          <For
            each={tokens.latest?.items}
            fallback={<li class="quiet">{tokens.loading ? texts.common.loading : said.none}</li>}
          >
            {(token) => (
              <li>
                <span>
                  <strong>{token.name}</strong>
                  <span class="hint">
                    {listed([
                      token.scopes.join(" "),
                      said.created(day(token.createdAt)),
                      token.lastUsedAt ? said.used(ago(token.lastUsedAt)) : said.unused,
                    ])}
                  </span>
                </span>
                <button type="button" disabled={task.isWorking()} onClick={() => revoke(token.id)}>
                  {said.revoke}
                  <span class="unseen"> {token.name}</span>
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={made()} keyed>
        {(one) => <ShownOnce hint={said.shown} text={one.token} />}
      </Show>
      <form class="form" onSubmit={submit}>
        <Field label={said.name} name="name" autocomplete="off" maxLength={100} required />
        <fieldset class="radios">
          <legend>{said.scopes}</legend>
          <For each={SCOPES}>
            {(scope) => (
              <label>
                <input type="checkbox" name="scope" value={scope} checked={scope === "read"} />
                {said.scopeNames[scope]}
              </label>
            )}
          </For>
        </fieldset>
        <button type="submit" disabled={task.isWorking()}>
          {said.create}
        </button>
      </form>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}
