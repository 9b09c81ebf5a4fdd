const METHOD = "GET";
const URL_CHARACTERS_MAX = 2000;

// What a `{name}` in a path template stands for: one path segment. Left out are `.`, `..` and every percent-encoded dot,
// slash or backslash, because a URL parser may read those as a way out of the template (WHATWG URL, "double-dot segment").
const SEGMENT = "(?!\\.{1,2}(?:/|$))(?:[A-Za-z0-9._~-]|%(?!2[EeFf]|5[Cc])[0-9A-Fa-f]{2})+";
const NUMBER = "[0-9]{1,18}";
const VALUE = /^[A-Za-z0-9_.~-]{1,64}$/;
const BASE_URL = /^https?:\/\/[^/?#\\\s]+(?:\/[^?#\\\s]*)?$/;

/**
 * Which calls may be made at all: path templates below a base URL, and the query parameters that may follow them.
 * In a template `{name}` stands for one segment and `{#name}` for a whole number.
 */
export class AllowList {
  readonly #patterns: readonly RegExp[];
  readonly #query: ReadonlySet<string>;

  constructor(paths: readonly string[], query: readonly string[]) {
    this.#patterns = paths.map(pattern);
    this.#query = new Set(query);
  }

  /** Whether this call stays within the list. `baseUrl` is the page's own setting, never a message's. */
  permits(baseUrl: string, method: string, url: string): boolean {
    const base = baseUrl.replace(/\/+$/, "");
    if (method !== METHOD || !BASE_URL.test(base)) return false;
    if (url.length > URL_CHARACTERS_MAX || !/^[!-~]*$/.test(url) || /[\\#]/.test(url)) return false;
    if (!url.startsWith(`${base}/`)) return false;
    const [path = "", ...queries] = url.slice(base.length).split("?");
    return this.#patterns.some((each) => each.test(path)) && this.#permitsQuery(queries.join("?"));
  }

  #permitsQuery(query: string): boolean {
    if (query === "") return true;
    const names = new Set<string>();
    return query.split("&").every((pair) => {
      const [name, value] = [unquoted(pair.split("=", 1)[0]), unquoted(pair.split("=").slice(1).join("="))];
      if (!pair.includes("=") || name === undefined || value === undefined || names.has(name)) return false;
      names.add(name);
      return this.#query.has(name) && VALUE.test(value);
    });
  }
}

function pattern(template: string): RegExp {
  const parts = template.split(/(\{[^}]*\})/).map((part) => {
    if (part.startsWith("{")) return part.startsWith("{#") ? NUMBER : SEGMENT;
    return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^(?:${parts.join("")})$`);
}

function unquoted(quoted = ""): string | undefined {
  try {
    return decodeURIComponent(quoted.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
