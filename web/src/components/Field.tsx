import { type JSX, Show, splitProps } from "solid-js";

interface FieldProps extends JSX.InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: string;
}

/** A labelled input. */
export function Field(props: FieldProps) {
  const [own, input] = splitProps(props, ["label", "hint"]);
  return (
    <label class="field">
      <span class="field-label">{own.label}</span>
      <input {...input} />
      <Show when={own.hint}>
        <span class="hint">{own.hint}</span>
      </Show>
    </label>
  );
}
