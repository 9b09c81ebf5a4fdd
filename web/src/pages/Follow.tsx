import { Show } from "solid-js";
import type { Started } from "../api/schema";
import { Field } from "../components/Field";
import { FaultNotice } from "../components/Notice";
import { Welcome } from "../components/Welcome";
import { useAccount } from "../stores/account";
import type { OneTimeLink } from "../stores/link";
import { createTask, type FormEvent, typed } from "../stores/task";
import { texts } from "../texts/en";

/** Somebody came by a one-time link. It is good for once, so it is followed by a press, not by looking. */
export function Follow(props: { link: OneTimeLink; done: () => void }) {
  const account = useAccount();
  const task = createTask();

  const said = () => (props.link.starts ? texts.account.link.starting : texts.account.link);
  const start = async () => {
    const body = { syncType: "collection", fullSync: false };
    // The sync's page, which is shown next, says what is amiss or already under way.
    await account
      .call<Started>("/api/discogs/syncCollection", { method: "POST", body })
      .catch(() => undefined);
    history.replaceState(null, "", "#/sync");
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const username = typed(event.currentTarget)("username").trim();
    const code = props.link.text;
    void task.run(async () => {
      account.welcome(await account.session.follow(username ? { code, username } : { code }));
      if (props.link.starts) await start();
      props.done();
    });
  };

  return (
    <Welcome title={texts.account.link.title}>
      <p>{said().intro}</p>
      <form onSubmit={submit} class="form">
        <Show when={!props.link.starts}>
          <Field
            label={texts.account.link.name}
            name="username"
            autocomplete="username"
            autocapitalize="none"
          />
        </Show>
        <Show when={task.fault()}>
          {(fault) => (
            <>
              <FaultNotice fault={fault()} />
              <p class="hint">{texts.account.link.failed}</p>
              <button type="button" onClick={() => props.done()}>
                {texts.account.signIn}
              </button>
            </>
          )}
        </Show>
        <button type="submit" class="primary" disabled={task.isWorking()}>
          {task.isWorking() ? texts.common.working : said().submit}
        </button>
      </form>
    </Welcome>
  );
}
