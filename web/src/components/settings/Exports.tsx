import { createSignal, For, onCleanup, Show } from "solid-js";
import { useAccount } from "../../stores/account";
import type { Kind } from "../../stores/record";
import { createTask } from "../../stores/task";
import { texts } from "../../texts/en";
import { bytes } from "../../texts/format";
import { FaultNotice } from "../Notice";
import { Part } from "./Part";

const said = texts.settings.exports;
const KINDS: readonly Kind[] = ["collection", "wantlist"];
const FORMATS = ["csv", "xlsx", "jsonl", "sqlite"] as const;
/** A browser reads the file from its address after the press; then it may go. */
const KEPT_MS = 60_000;

/** The lists as files. */
export function Exports() {
  const account = useAccount();
  const task = createTask();
  const [size, setSize] = createSignal<number>();
  const ending = new AbortController();
  onCleanup(() => ending.abort());

  const fetchFile = (kind: Kind, format: (typeof FORMATS)[number]) => {
    setSize(undefined);
    void task.run(async () => {
      const { file, name } = await account.download(`/api/${kind}/export?format=${format}`, ending.signal);
      save(file, name);
      setSize(file.size);
    });
  };
  return (
    <Part title={said.title} hint={said.hint}>
      <For each={KINDS}>
        {(kind) => (
          <fieldset class="export" disabled={task.isWorking()}>
            <legend>{texts.records[kind]}</legend>
            <div class="buttons">
              <For each={FORMATS}>
                {(format) => (
                  <button type="button" onClick={() => fetchFile(kind, format)}>
                    {said.formats[format]}
                  </button>
                )}
              </For>
            </div>
          </fieldset>
        )}
      </For>
      <p class="hint" role="status">
        {task.isWorking() ? said.making : ""}
        <Show when={size()}>{(one) => <>{said.done(bytes(one()))}</>}</Show>
      </p>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </Part>
  );
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
