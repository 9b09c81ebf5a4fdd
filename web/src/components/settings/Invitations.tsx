import { createResource, createSignal, For, Show } from "solid-js";
import type { InvitationList, NewInvitation } from "../../api/schema";
import { useAccount } from "../../stores/account";
import { createTask } from "../../stores/task";
import { texts } from "../../texts/en";
import { moment } from "../../texts/format";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";
import { ShownOnce } from "./ShownOnce";

const said = texts.settings.invitations;

/** How the owner lets others in. */
export function Invitations() {
  const account = useAccount();
  const task = createTask();
  const [made, setMade] = createSignal<NewInvitation>();
  const [invitations, { refetch }] = createResource(() =>
    account.call<InvitationList>("/api/auth/invitations"),
  );
  const create = () =>
    task.run(async () => {
      setMade(await account.call<NewInvitation>("/api/auth/invitations", { method: "POST" }));
      await refetch();
    });
  const takeBack = (id: string) =>
    task.run(async () => {
      await account.call(`/api/auth/invitations/${id}`, { method: "DELETE" });
      if (made()?.id === id) setMade(undefined);
      await refetch();
    });
  return (
    <Part title={said.title} hint={said.hint}>
      <Show
        when={invitations.error === undefined}
        fallback={<FaultNotice fault={invitations.error} again={() => void refetch()} />}
      >
        <ul class="entries">
          <For
            each={invitations.latest?.items}
            fallback={<li class="quiet">{invitations.loading ? texts.common.loading : said.none}</li>}
          >
            {(invitation) => (
              <li>
                <span>{invitation.usedAt ? said.used : said.until(moment(invitation.expiresAt))}</span>
                <Show when={!invitation.usedAt}>
                  <button type="button" disabled={task.isWorking()} onClick={() => takeBack(invitation.id)}>
                    {said.takeBack}
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={made()} keyed>
        {(one) => <ShownOnce hint={texts.settings.tokens.shown} text={one.link} />}
      </Show>
      <button type="button" disabled={task.isWorking()} onClick={create}>
        {said.create}
      </button>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}
