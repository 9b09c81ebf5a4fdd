import { A } from "@solidjs/router";
import { createResource, For, type JSX, type ParentProps, Show } from "solid-js";
import type {
  CollectionChanges,
  CollectionItem,
  Fields,
  Folders,
  WantedRelease,
  WantlistChanges,
} from "../api/schema";
import { useAccount } from "../stores/account";
import { type AnyRecord, discogsPage, isOwned, type Kind } from "../stores/record";
import { texts } from "../texts/en";
import { artistLine, day, formatLine, moment, plainName, withNumber, yearOf } from "../texts/format";
import { ChangeList } from "./ChangeList";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { FaultNotice } from "./Notice";
import { Rating } from "./Rating";
import { ReleaseDetails } from "./ReleaseDetails";
import { Sheet } from "./Sheet";

const said = texts.records.record;
const CHANGES_SHOWN = 20;

interface RecordSheetProps {
  readonly kind: Kind;
  readonly recordKey: string;
  readonly onClose: () => void;
}

/** One record with all that is held of it, and on demand what Discogs tells beyond. */
export function RecordSheet(props: RecordSheetProps) {
  const account = useAccount();
  const [record, { refetch }] = createResource(() =>
    account.call<CollectionItem | WantedRelease>(`/api/${props.kind}/${props.recordKey}`),
  );
  return (
    <Sheet title={said.title} onClose={props.onClose}>
      <Show when={record.error === undefined} fallback={<FaultNotice fault={record.error} again={refetch} />}>
        <Show when={record()} fallback={<p class="quiet">{texts.common.loading}</p>}>
          {(one) => (
            <Whole kind={props.kind} record={one()} recordKey={props.recordKey} onClose={props.onClose} />
          )}
        </Show>
      </Show>
    </Sheet>
  );
}

function Whole(props: RecordSheetProps & { record: AnyRecord }) {
  return (
    <article class="record">
      <header class="record-head">
        <Cover record={props.record} />
        <div>
          <h2>{props.record.title || texts.records.untitled}</h2>
          <p class="record-artists">
            <Artists {...props} />
          </p>
          <p class="quiet">{yearOf(props.record.year)}</p>
          <p class="record-links">
            <a class="button" href={discogsPage(props.record.releaseId)} target="_blank" rel="noopener">
              {said.onDiscogs}
              <Icon name="outward" />
            </a>
          </p>
        </div>
      </header>
      <Copy record={props.record} />
      <Release {...props} />
      <ReleaseDetails releaseId={props.record.releaseId} />
      <Story kind={props.kind} recordKey={props.recordKey} />
    </article>
  );
}

/** Each name leads to everything else of theirs. */
function Artists(props: RecordSheetProps & { record: AnyRecord }) {
  return (
    <For each={props.record.artists} fallback={artistLine([])}>
      {(artist, position) => {
        const join = () => artist.join?.trim() || ",";
        return (
          <>
            <A href={`/${props.kind}?artist=${encodeURIComponent(artist.name ?? "")}`}>
              {artist.anv || plainName(artist.name ?? "")}
            </A>
            <Show when={position() < props.record.artists.length - 1}>
              {join() === "," ? ", " : ` ${join()} `}
            </Show>
          </>
        );
      }}
    </For>
  );
}

/** What is the owner's own about it. */
function Copy(props: { record: AnyRecord }) {
  const account = useAccount();
  const owned = () => (isOwned(props.record) ? props.record : undefined);
  const [folders] = createResource(owned, () => account.call<Folders>("/api/collection/folders"));
  const [fields] = createResource(owned, () => account.call<Fields>("/api/collection/fields"));
  const folderName = (id: number | null) => folders.latest?.folders.find((folder) => folder.id === id)?.name;
  const fieldName = (id: number) => fields.latest?.fields.find((field) => field.id === id)?.name;
  const want = () => (isOwned(props.record) ? undefined : props.record);
  return (
    <section>
      <h3>{owned() ? said.copy : said.want}</h3>
      <dl class="facts">
        <Show when={owned()}>
          {(copy) => (
            <>
              <Fact name={said.folder}>{folderName(copy().folderId) ?? copy().folderId}</Fact>
              <For each={copy().notes.filter((note) => note.value)}>
                {(note) => (
                  <Fact name={fieldName(note.fieldId) ?? `${said.notes} ${note.fieldId}`}>{note.value}</Fact>
                )}
              </For>
            </>
          )}
        </Show>
        <Show when={want()?.notes}>{(notes) => <Fact name={said.notes}>{notes()}</Fact>}</Show>
        <Show when={props.record.rating}>
          {(rating) => (
            <Fact name={said.rating}>
              <Rating value={rating()} />
            </Fact>
          )}
        </Show>
        <Show when={props.record.dateAdded}>
          {(added) => <Fact name={said.added}>{moment(added())}</Fact>}
        </Show>
        <Fact name={said.firstSeen}>{day(props.record.firstSeenAt)}</Fact>
        <Fact name={said.updated}>{day(props.record.updatedAt)}</Fact>
        <Show when={owned()}>{(copy) => <Fact name={said.instanceId}>{copy().instanceId}</Fact>}</Show>
      </dl>
    </section>
  );
}

/** What the release is. */
function Release(props: RecordSheetProps & { record: AnyRecord }) {
  const link = (filter: string, value: string): JSX.Element => (
    <A href={`/${props.kind}?${filter}=${encodeURIComponent(value)}`}>{plainName(value)}</A>
  );
  const links = (filter: string, values: readonly string[]) => (
    <ul class="inline">
      <For each={values}>{(value) => <li>{link(filter, value)}</li>}</For>
    </ul>
  );
  return (
    <section>
      <h3>{said.release}</h3>
      <dl class="facts">
        <Fact name={said.labels}>
          <ul class="plain-list">
            <For each={props.record.labels}>
              {(label) => (
                <li>
                  <A href={`/${props.kind}?label=${encodeURIComponent(label.name ?? "")}`}>
                    {withNumber(label)}
                  </A>
                </li>
              )}
            </For>
          </ul>
        </Fact>
        <Fact name={said.formats}>
          <ul class="plain-list">
            <For each={props.record.formats}>{(format) => <li>{formatLine([format])}</li>}</For>
          </ul>
        </Fact>
        <Fact name={said.year}>{yearOf(props.record.year) || texts.common.unknown}</Fact>
        <Show when={props.record.genres.length > 0}>
          <Fact name={said.genres}>{links("genre", props.record.genres)}</Fact>
        </Show>
        <Show when={props.record.styles.length > 0}>
          <Fact name={said.styles}>{links("style", props.record.styles)}</Fact>
        </Show>
        <Fact name={said.releaseId}>{props.record.releaseId}</Fact>
        <Show when={props.record.masterId}>
          {(master) => (
            <Fact name={said.masterId}>
              {master()} <A href={`/${props.kind}?masterId=${master()}`}>{said.others}</A>
            </Fact>
          )}
        </Show>
      </dl>
    </section>
  );
}

/** What happened to it since it was first seen. */
function Story(props: { kind: Kind; recordKey: string }) {
  const account = useAccount();
  const [changes] = createResource(() => {
    const key = props.kind === "collection" ? "instanceId" : "releaseId";
    const path = `/api/${props.kind}/changes?order=desc&limit=${CHANGES_SHOWN}&${key}=${props.recordKey}`;
    return account.call<CollectionChanges | WantlistChanges>(path);
  });
  return (
    <section>
      <h3>{said.history}</h3>
      <Show when={changes.error === undefined} fallback={<FaultNotice fault={changes.error} />}>
        <Show when={changes()} fallback={<p class="quiet">{texts.common.loading}</p>}>
          {(found) => <ChangeList kind={props.kind} changes={found().changes} isOfOne />}
        </Show>
      </Show>
    </section>
  );
}

function Fact(props: ParentProps<{ name: string }>) {
  return (
    <div class="fact">
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
