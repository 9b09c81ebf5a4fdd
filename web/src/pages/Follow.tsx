import { Show } from "solid-js";
import { Field } from "../components/Field";
import { FaultNotice } from "../components/Notice";
import { Welcome } from "../components/Welcome";
import { useAccount } from "../stores/account";
import { createTask, type FormEvent, typed } from "../stores/task";
import { texts } from "../texts/en";

/** Somebody came by a one-time link. It is good for once, so it is followed by a press, not by looking. */
export function Follow(props: { code: string; done: () => void }) {
  const account = useAccount();
  const task = createTask();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const username = typed(event.currentTarget)("username").trim();
    void task.run(async () => {
      account.welcome(
        await account.session.follow(username ? { code: props.code, username } : { code: props.code }),
      );
      props.done();
    });
  };

  return (
    <Welcome title={texts.account.link.title}>
      <p>{texts.account.link.intro}</p>
      <form onSubmit={submit} class="form">
        <Field
          label={texts.account.link.name}
          name="username"
          autocomplete="username"
          autocapitalize="none"
        />
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
          {task.isWorking() ? texts.common.working : texts.account.link.submit}
        </button>
      </form>
    </Welcome>
  );
}
