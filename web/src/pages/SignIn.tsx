import { createSignal, For, Show } from "solid-js";
import { Field } from "../components/Field";
import { FaultNotice } from "../components/Notice";
import { Welcome } from "../components/Welcome";
import { useAccount } from "../stores/account";
import { createTask, type FormEvent, typed } from "../stores/task";
import { texts } from "../texts/en";

/** The first page of whoever is not signed in. */
export function SignIn(props: { invitation: string | undefined }) {
  const account = useAccount();
  const task = createTask();
  const [isNew, setIsNew] = createSignal(props.invitation !== undefined);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = typed(event.currentTarget);
    const credentials = { username: said("username"), password: said("password") };
    const invitation = said("invitation").trim();
    void task.run(async () => {
      account.welcome(
        isNew()
          ? await account.session.register(invitation ? { ...credentials, invitation } : credentials)
          : await account.session.signIn(credentials),
      );
    });
  };

  return (
    <Welcome title={isNew() ? texts.account.register : texts.account.signIn}>
      <form onSubmit={submit} class="form">
        <Field
          label={texts.account.username}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          required
        />
        <Field
          label={texts.account.password}
          hint={isNew() ? texts.account.passwordHint : ""}
          name="password"
          type="password"
          autocomplete={isNew() ? "new-password" : "current-password"}
          required
        />
        <Show when={isNew()}>
          <Field
            label={texts.account.invitation}
            name="invitation"
            autocomplete="off"
            value={props.invitation ?? ""}
          />
        </Show>
        <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
        <button type="submit" class="primary" disabled={task.isWorking()}>
          {task.isWorking() ? texts.common.working : isNew() ? texts.account.register : texts.account.signIn}
        </button>
      </form>
      <p class="other-way">
        {isNew() ? texts.account.haveOne : texts.account.haveNone}{" "}
        <button type="button" class="link" onClick={() => setIsNew(!isNew())}>
          {isNew() ? texts.account.signIn : texts.account.register}
        </button>
      </p>
      <ul class="promises">
        <For each={texts.account.promises}>{(promise) => <li>{promise}</li>}</For>
      </ul>
    </Welcome>
  );
}
