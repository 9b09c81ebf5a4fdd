import { createSignal, Show } from "solid-js";
import { useAccount } from "../../stores/account";
import { createTask, type FormEvent, typed } from "../../stores/task";
import { texts } from "../../texts/en";
import { Field } from "../Field";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";

const said = texts.settings.password;

/** Change the password, or set the first one. */
export function Password() {
  const account = useAccount();
  const task = createTask();
  const [isDone, setIsDone] = createSignal(false);
  const hasOne = () => account.me()?.hasPassword === true;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    const word = typed(form);
    const currentPassword = hasOne() ? word("current") : null;
    setIsDone(false);
    void task.run(async () => {
      const body = { currentPassword, newPassword: word("next") };
      await account.call("/api/auth/password", { method: "PUT", body });
      form.reset();
      setIsDone(true);
      await account.renew();
    });
  };
  return (
    <Part title={said.title} hint={hasOne() ? "" : said.none}>
      <form class="form" onSubmit={submit}>
        <input
          class="unseen"
          type="text"
          autocomplete="username"
          value={account.me()?.username ?? ""}
          tabIndex={-1}
          readOnly
          aria-hidden="true"
        />
        <Show when={hasOne()}>
          <Field
            label={said.current}
            name="current"
            type="password"
            autocomplete="current-password"
            required
          />
        </Show>
        <Field
          label={said.next}
          hint={texts.account.passwordHint}
          name="next"
          type="password"
          autocomplete="new-password"
          required
        />
        <button type="submit" disabled={task.isWorking()}>
          {hasOne() ? said.submit : said.set}
        </button>
        <p role="status">{isDone() ? said.done : ""}</p>
        <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
      </form>
    </Part>
  );
}
