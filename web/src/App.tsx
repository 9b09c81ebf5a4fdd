import { Show } from "solid-js";
import { SignIn } from "./pages/SignIn";
import { useAccount } from "./stores/account";

export function App() {
  const account = useAccount();
  return (
    <Show when={account.me()} fallback={<SignIn />}>
      {(me) => <main>{me().username}</main>}
    </Show>
  );
}
