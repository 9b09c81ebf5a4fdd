import { type Accessor, createContext, createSignal, type ParentProps, useContext } from "solid-js";
import { type CallOptions, call, type Download, download } from "../api/client";
import type { Me } from "../api/schema";
import { Session } from "../api/session";

/** Who is signed in, and calls in their name. */
export interface Account {
  /** The account; `undefined` where nobody is signed in. */
  readonly me: Accessor<Me | undefined>;
  readonly session: Session;
  /** One call of the REST API in the account's name. */
  call<Answer>(path: string, options?: CallOptions): Promise<Answer>;
  /** Take over who signed in, or what changed about them. */
  welcome(me: Me | undefined): void;
  /** Ask the server again who this is: a token was saved, a password set. */
  renew(): Promise<void>;
  /** A call whose answer is a file. */
  download(path: string, signal: AbortSignal): Promise<Download>;
  signOut(): Promise<void>;
}

const AccountContext = createContext<Account>();

export function createAccount(): Account {
  const session = new Session();
  const [me, welcome] = createSignal<Me>();
  session.onEnded(() => welcome(undefined));
  return {
    me,
    session,
    welcome,
    call: async (path, options) => call(path, options, await session.token()),
    renew: async () => {
      welcome(await call<Me>("/api/users/me", {}, await session.token()));
    },
    download: async (path, signal) => download(path, signal, await session.token()),
    signOut: async () => {
      welcome(undefined);
      await session.signOut();
    },
  };
}

export function AccountProvider(props: ParentProps<{ account: Account }>) {
  return <AccountContext.Provider value={props.account}>{props.children}</AccountContext.Provider>;
}

export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === undefined) throw new Error("There is no account around this component.");
  return account;
}
