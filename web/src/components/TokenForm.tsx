import { createEffect, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { TokenSaved } from "../api/schema";
import { useAccount } from "../stores/account";
import { createTask, type FormEvent, typed } from "../stores/task";
import { texts } from "../texts/en";
import { Field } from "./Field";
import { FaultNotice } from "./Notice";

const said = texts.account.token;
/** Discogs is asked as soon as a client is connected: so often, and so many times, it is looked whether it was. */
const LOOK_MS = 2000;
const LOOKS_MAX = 60;

/** Where the Discogs token comes from, what is done with it, and a place for it. */
export function TokenForm(props: { saved?: (verdict: boolean | null) => void }) {
  const account = useAccount();
  const task = createTask();
  const [verdict, setVerdict] = createSignal<boolean | null>();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    const discogsToken = typed(form)("discogsToken").trim();
    void task.run(async () => {
      setVerdict(undefined);
      const saved = await account.call<TokenSaved>("/api/users/discogs-token", {
        method: "PUT",
        body: { discogsToken },
      });
      setVerdict(saved.tokenValid);
      if (saved.tokenValid !== false) form.reset();
      await account.renew();
      props.saved?.(saved.tokenValid);
    });
  };

  // Where nobody could be asked at once, the verdict comes later.
  createEffect(
    on(verdict, (known) => {
      if (known !== null) return;
      let looks = 0;
      const timer = setInterval(async () => {
        looks += 1;
        if (looks > LOOKS_MAX) clearInterval(timer);
        await account.renew().catch(() => undefined);
        const now = account.me()?.tokenValid ?? null;
        if (now !== null) setVerdict(now);
      }, LOOK_MS);
      onCleanup(() => clearInterval(timer));
    }),
  );

  const told = () => {
    const one = verdict();
    return one === true ? said.valid : one === false ? said.invalid : said.unasked;
  };

  return (
    <>
      <ol class="steps">
        <For each={said.steps}>
          {(step, position) => (
            <li>
              {step}
              <Show when={position() === 0}>
                <br />
                <a href="https://www.discogs.com/settings/developers" target="_blank" rel="noopener">
                  {said.open}
                </a>
              </Show>
            </li>
          )}
        </For>
      </ol>
      <form onSubmit={submit} class="form">
        <Field
          label={said.label}
          name="discogsToken"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
        />
        <button type="submit" class="primary" disabled={task.isWorking()}>
          {task.isWorking() ? said.checking : said.submit}
        </button>
      </form>
      <div aria-live="polite">
        <Show when={verdict() !== undefined}>
          <p class="notice" classList={{ good: verdict() === true, bad: verdict() === false }}>
            {told()}
          </p>
        </Show>
      </div>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
      <details class="kept">
        <summary>{said.kept}</summary>
        <ul>
          <For each={said.keptText}>{(line) => <li>{line}</li>}</For>
        </ul>
      </details>
    </>
  );
}
