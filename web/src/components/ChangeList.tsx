import { A } from "@solidjs/router";
import { createResource, For, Show } from "solid-js";
import type { Differences, Fields, Folders, ItemChange, Note, WantChange } from "../api/schema";
import { useAccount } from "../stores/account";
import type { Kind } from "../stores/record";
import { texts } from "../texts/en";
import { artistLine, formatLine, moment, withNumber } from "../texts/format";

const said = texts.changes;

/** Names that belong to numbers in a change. */
interface Names {
  folder(id: number): string;
  field(id: number): string;
}

interface ChangeListProps {
  readonly kind: Kind;
  readonly changes: readonly (ItemChange | WantChange)[];
  /** Of one record alone, which need not be named each time. */
  readonly isOfOne?: boolean;
}

/** What happened, told in words: before → after. */
export function ChangeList(props: ChangeListProps) {
  const account = useAccount();
  const isOfCollection = () => props.kind === "collection" || undefined;
  const [folders] = createResource(isOfCollection, () => account.call<Folders>("/api/collection/folders"));
  const [fields] = createResource(isOfCollection, () => account.call<Fields>("/api/collection/fields"));
  const names: Names = {
    folder: (id) => folders.latest?.folders.find((folder) => folder.id === id)?.name ?? String(id),
    field: (id) => fields.latest?.fields.find((field) => field.id === id)?.name ?? String(id),
  };
  return (
    <ol class="changes">
      <For each={props.changes} fallback={<li class="quiet">{said.none}</li>}>
        {(change) => (
          <li class="change">
            <span class={`action ${change.action}`}>{actionName(change.action)}</span>
            <span class="change-what">
              <Show when={!props.isOfOne}>
                <Subject kind={props.kind} change={change} />
              </Show>
              <Show when={change.action === "updated"}>
                <ul class="plain-list differences">
                  <For each={differences(change, names)}>
                    {(one) => (
                      <li>
                        {one.name}: {said.from(one.before, one.after)}
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
            </span>
            <time class="change-when" dateTime={change.at}>
              {moment(change.at)}
            </time>
          </li>
        )}
      </For>
    </ol>
  );
}

function Subject(props: { kind: Kind; change: ItemChange | WantChange }) {
  const name = () => {
    const { record, key } = props.change;
    return record === null ? said.gone(key) : `${artistLine(record.artists)} – ${record.title ?? ""}`;
  };
  return (
    <Show when={props.change.isMirrored} fallback={<span>{name()}</span>}>
      <A href={`/${props.kind}?item=${props.change.key}`}>{name()}</A>
    </Show>
  );
}

function actionName(action: string): string {
  return action in said ? String(said[action as "added" | "removed" | "restored" | "updated"]) : action;
}

interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Each field that an update changed. Notes are told one by one. */
function differences(change: ItemChange | WantChange, names: Names): readonly Difference[] {
  const before = change.before ?? {};
  const after = change.after ?? {};
  return change.fields.flatMap((field) => {
    if (!isField(field)) return [];
    if (field === "notes" && (Array.isArray(before.notes) || Array.isArray(after.notes))) {
      return notes(asNotes(before.notes), asNotes(after.notes), names);
    }
    return [
      { name: said.fields[field], before: value(before, field, names), after: value(after, field, names) },
    ];
  });
}

type Field = keyof typeof said.fields;

const isField = (name: string): name is Field => name in said.fields;

const asNotes = (said: Differences["notes"]): readonly Note[] => (Array.isArray(said) ? said : []);

function notes(before: readonly Note[], after: readonly Note[], names: Names): readonly Difference[] {
  const ids = new Set([...before, ...after].map((note) => note.fieldId));
  const of = (all: readonly Note[], id: number) => all.find((note) => note.fieldId === id)?.value ?? "";
  return [...ids]
    .filter((id) => of(before, id) !== of(after, id))
    .map((id) => ({
      name: names.field(id),
      before: of(before, id) || said.empty,
      after: of(after, id) || said.empty,
    }));
}

function value(all: Differences, field: Field, names: Names): string {
  return words(all, field, names) || said.empty;
}

function words(all: Differences, field: Field, names: Names): string {
  switch (field) {
    case "folderId":
      return typeof all.folderId === "number" ? names.folder(all.folderId) : "";
    case "rating":
      return all.rating ? "★".repeat(Math.min(5, all.rating)) : texts.records.noRating;
    case "notes":
      return typeof all.notes === "string" ? all.notes : "";
    case "masterId":
    case "year":
      return all[field] ? String(all[field]) : "";
    case "title":
      return all.title ?? "";
    case "artists":
      return artistLine(all.artists ?? []);
    case "labels":
      return (all.labels ?? []).map(withNumber).join(", ");
    case "formats":
      return formatLine(all.formats ?? []);
    case "genres":
    case "styles":
      return (all[field] ?? []).join(", ");
  }
}
