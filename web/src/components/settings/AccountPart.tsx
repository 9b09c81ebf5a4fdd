import { For, Show } from "solid-js";
import { useAccount } from "../../stores/account";
import { chooseTheme, THEMES, theme } from "../../stores/preferences";
import { createTask } from "../../stores/task";
import { texts } from "../../texts/en";
import { day } from "../../texts/format";
import { Part } from "./Part";

/** Who is signed in, the colours of the page, and the way out. */
export function AccountPart() {
  const account = useAccount();
  const task = createTask();
  return (
    <>
      <Part title={texts.settings.account}>
        <Show when={account.me()}>
          {(me) => (
            <dl class="facts">
              <div class="fact">
                <dt>{texts.settings.signedInAs}</dt>
                <dd>{me().username}</dd>
              </div>
              <Show when={me().discogsUsername}>
                {(name) => (
                  <div class="fact">
                    <dt>{texts.settings.discogsName}</dt>
                    <dd>
                      <a
                        href={`https://www.discogs.com/user/${encodeURIComponent(name())}`}
                        target="_blank"
                        rel="noopener"
                      >
                        {name()}
                      </a>
                    </dd>
                  </div>
                )}
              </Show>
              <div class="fact">
                <dt>{texts.settings.since}</dt>
                <dd>{day(me().createdAt)}</dd>
              </div>
            </dl>
          )}
        </Show>
        <button type="button" disabled={task.isWorking()} onClick={() => task.run(() => account.signOut())}>
          {texts.settings.signOut}
        </button>
      </Part>
      <Part title={texts.settings.appearance}>
        <fieldset class="radios">
          <legend>{texts.nav.theme}</legend>
          <For each={THEMES}>
            {(one) => (
              <label>
                <input
                  type="radio"
                  name="theme"
                  checked={theme() === one}
                  onChange={() => chooseTheme(one)}
                />
                {texts.nav.themes[one]}
              </label>
            )}
          </For>
        </fieldset>
      </Part>
    </>
  );
}
