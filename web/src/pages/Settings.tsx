import { Show } from "solid-js";
import { AccessTokens } from "../components/settings/AccessTokens";
import { AccountPart } from "../components/settings/AccountPart";
import { DeleteAccount } from "../components/settings/DeleteAccount";
import { DiscogsToken } from "../components/settings/DiscogsToken";
import { Exports } from "../components/settings/Exports";
import { Invitations } from "../components/settings/Invitations";
import { Password } from "../components/settings/Password";
import { Schedule } from "../components/settings/Schedule";
import { Sessions } from "../components/settings/Sessions";
import { Webhooks } from "../components/settings/Webhooks";
import { useAccount } from "../stores/account";
import { texts } from "../texts/en";

/** Everything that can be chosen. */
export default function Settings() {
  const account = useAccount();
  return (
    <div class="settings">
      <h1>{texts.settings.title}</h1>
      <AccountPart />
      <DiscogsToken />
      <Schedule />
      <Exports />
      <Password />
      <AccessTokens />
      <Sessions />
      <Show when={account.me()?.isOwner}>
        <Invitations />
      </Show>
      <Webhooks />
      <DeleteAccount />
    </div>
  );
}
