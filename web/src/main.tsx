import { render } from "solid-js/web";
import { App } from "./App";
import { AccountProvider, createAccount } from "./stores/account";
import { createLive, LiveContext } from "./stores/live";
import "./styles/base.css";

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no place for the page.");
const account = createAccount();
// Nothing is shown before it is known who is there, so that no form flashes by.
account.welcome(await account.session.resume().catch(() => undefined));
render(() => {
  const live = createLive(account);
  return (
    <AccountProvider account={account}>
      <LiveContext.Provider value={live}>
        <App />
      </LiveContext.Provider>
    </AccountProvider>
  );
}, page);
