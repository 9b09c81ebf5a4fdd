/** What somebody came with: a one-time link, or an invitation. */
export interface OneTimeLink {
  readonly kind: "code" | "invitation";
  readonly text: string;
  /** Whether the first sync of the collection is to follow on the sign-in: the demo's link asks for that. */
  readonly starts?: true;
}

const CHARACTERS_MAX = 500;

/** From the address' fragment. Only a link that is nothing else is one. */
export function readLink(fragment: string): OneTimeLink | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  for (const kind of ["code", "invitation"] as const) {
    const text = parameters.get(kind);
    if (text === null || text === "" || text.length > CHARACTERS_MAX) continue;
    return parameters.get("start") === "collection" ? { kind, text, starts: true } : { kind, text };
  }
  return undefined;
}

/** Read it, and take it out of the address bar and the history. */
export function takeLink(): OneTimeLink | undefined {
  const link = readLink(location.hash);
  if (link !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return link;
}
