import { Show } from "solid-js";
import { useAccount } from "../../stores/account";
import { createTask, type FormEvent, typed } from "../../stores/task";
import { texts } from "../../texts/en";
import { Field } from "../Field";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";

const said = texts.settings.remove;

/** The end of an account. */
export function DeleteAccount() {
  const account = useAccount();
  const task = createTask();
  const hasPassword = () => account.me()?.hasPassword === true;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const password = hasPassword() ? typed(event.currentTarget)("password") : null;
    if (!window.confirm(said.text)) return;
    void task.run(async () => {
      await account.call("/api/users/me", { method: "DELETE", body: { password } });
      await account.signOut();
    });
  };
  return (
    <Part title={said.title} hint={said.text}>
      <form class="form" onSubmit={submit}>
        <Show when={hasPassword()}>
          <Field
            label={said.password}
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </Show>
        <button type="submit" class="danger" disabled={task.isWorking()}>
          {said.submit}
        </button>
        <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
      </form>
    </Part>
  );
}
