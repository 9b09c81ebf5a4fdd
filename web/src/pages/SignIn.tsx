import { createSignal, Show } from "solid-js";
import { ApiFault } from "../api/client";
import { useAccount } from "../stores/account";
import { texts } from "../texts/en";

/** The first page of whoever is not signed in. */
export function SignIn() {
  const account = useAccount();
  const [isNew, setIsNew] = createSignal(false);
  const [fault, setFault] = createSignal("");
  const [isWorking, setIsWorking] = createSignal(false);

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const credentials = { username: String(said.get("username")), password: String(said.get("password")) };
    const invitation = String(said.get("invitation") ?? "").trim();
    setIsWorking(true);
    setFault("");
    try {
      const session = account.session;
      account.welcome(
        isNew()
          ? await session.register(invitation ? { ...credentials, invitation } : credentials)
          : await session.signIn(credentials),
      );
    } catch (error) {
      setFault(error instanceof ApiFault ? error.message : texts.faults.unreadable);
    } finally {
      setIsWorking(false);
    }
  };

  return (
    <main class="sign-in">
      <h1>{texts.name}</h1>
      <p class="tagline">{texts.tagline}</p>
      <form onSubmit={submit}>
        <label>
          {texts.signIn.username}
          <input name="username" autocomplete="username" autocapitalize="none" required />
        </label>
        <label>
          {texts.signIn.password}
          <input
            name="password"
            type="password"
            autocomplete={isNew() ? "new-password" : "current-password"}
            required
          />
        </label>
        <Show when={isNew()}>
          <p class="hint">{texts.signIn.passwordHint}</p>
          <label>
            {texts.signIn.invitation}
            <input name="invitation" autocomplete="off" />
          </label>
        </Show>
        <Show when={fault()}>
          <p class="fault" role="alert">
            {fault()}
          </p>
        </Show>
        <button type="submit" class="primary" disabled={isWorking()}>
          {isWorking() ? texts.signIn.working : isNew() ? texts.signIn.register : texts.signIn.submit}
        </button>
      </form>
      <p class="other-way">
        {isNew() ? texts.signIn.haveOne : texts.signIn.haveNone}{" "}
        <button type="button" class="link" onClick={() => setIsNew(!isNew())}>
          {isNew() ? texts.signIn.submit : texts.signIn.register}
        </button>
      </p>
    </main>
  );
}
