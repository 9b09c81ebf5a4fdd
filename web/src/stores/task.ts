import { type Accessor, createSignal } from "solid-js";

/** Something that a person set off, one at a time: whether it is under way, and what went wrong. */
export interface Task {
  readonly isWorking: Accessor<boolean>;
  readonly fault: Accessor<unknown>;
  /** Run it. The answer is whether it worked. */
  run(work: () => Promise<void>): Promise<boolean>;
}

export function createTask(): Task {
  const [isWorking, setIsWorking] = createSignal(false);
  const [fault, setFault] = createSignal<unknown>();
  return {
    isWorking,
    fault,
    run: async (work) => {
      if (isWorking()) return false;
      setIsWorking(true);
      setFault(undefined);
      try {
        await work();
        return true;
      } catch (error) {
        setFault(() => error);
        return false;
      } finally {
        setIsWorking(false);
      }
    },
  };
}

/** What somebody typed into a form, by the names of its fields. */
export function typed(form: HTMLFormElement): (name: string) => string {
  const data = new FormData(form);
  return (name) => String(data.get(name) ?? "");
}

/** The form that is being sent; it is not sent anywhere by the browser itself. */
export type FormEvent = SubmitEvent & { readonly currentTarget: HTMLFormElement };
