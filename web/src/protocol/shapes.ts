/** Where a value is not what it should be, as a path; nothing where it is. */
export type Shape = (value: unknown, path: string) => string | undefined;

const such =
  (holds: (value: unknown) => boolean): Shape =>
  (value, path) =>
    holds(value) ? undefined : path;

export const text = such((value) => typeof value === "string");
export const flag = such((value) => typeof value === "boolean");
export const number = such((value) => typeof value === "number");
export const count = such(Number.isInteger);

/** What names a request: visible ASCII. */
export const requestId = such((value) => typeof value === "string" && /^[!-~]{1,100}$/.test(value));

/** An object of which nothing more is asked. */
export const anyOf = such((value) => typeof value === "object" && value !== null && !Array.isArray(value));

/** Texts by name. */
export const texts: Shape = (value, path) =>
  anyOf(value, path) ??
  (Object.values(value as object).every((each) => typeof each === "string") ? undefined : path);

/** One of these words. */
export const oneOf = (...words: readonly string[]): Shape =>
  such((value) => typeof value === "string" && words.includes(value));

/** May be missing, or null. */
export const optional =
  (kind: Shape): Shape =>
  (value, path) =>
    value === undefined || value === null ? undefined : kind(value, path);

export const list =
  (kind: Shape): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) return path;
    for (const each of value) {
      const fault = kind(each, `${path}[]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

/** An object with these fields; others are ignored. The compiler sees where a field of `Type` is forgotten. */
export function shape<Type extends object>(
  fields: { readonly [Field in keyof Required<Type>]: Shape },
): Shape {
  const named: [string, Shape][] = Object.entries(fields);
  return (value, path) => {
    if (anyOf(value, path) !== undefined) return path;
    for (const [name, kind] of named) {
      const fault = kind((value as Readonly<Record<string, unknown>>)[name], `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
