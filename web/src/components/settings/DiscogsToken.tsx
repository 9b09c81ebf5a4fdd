import { createSignal, Show } from "solid-js";
import { useAccount } from "../../stores/account";
import { createTask } from "../../stores/task";
import { texts } from "../../texts/en";
import { FaultNotice } from "../Notice";
import { TokenForm } from "../TokenForm";
import { Part } from "./Part";

const said = texts.settings.token;

/** The state of the Discogs token, another one, or none. */
export function DiscogsToken() {
  const account = useAccount();
  const task = createTask();
  const [isReplacing, setIsReplacing] = createSignal(false);
  const state = () => {
    const me = account.me();
    if (!me?.hasDiscogsToken) return said.none;
    const name = me.discogsTokenState ?? "unchecked";
    return name in said
      ? String(said[name as "valid" | "rejected" | "mismatched" | "unchecked"])
      : said.unchecked;
  };
  const forget = () => {
    if (!window.confirm(said.forgetSure)) return;
    void task.run(async () => {
      await account.call("/api/users/discogs-token", { method: "DELETE" });
      await account.renew();
    });
  };
  return (
    <Part title={said.title}>
      <p>{state()}</p>
      <Show
        when={account.me()?.hasDiscogsToken && !isReplacing()}
        fallback={<TokenForm saved={(verdict) => verdict !== false && setIsReplacing(false)} />}
      >
        <div class="buttons">
          <button type="button" onClick={() => setIsReplacing(true)}>
            {said.replace}
          </button>
          <button type="button" class="danger" disabled={task.isWorking()} onClick={forget}>
            {said.forget}
          </button>
        </div>
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}
