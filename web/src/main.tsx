import { render } from "solid-js/web";
import { App } from "./App";
import { AccountProvider, createAccount } from "./stores/account";
import { takeLink } from "./stores/link";
import { createLive, LiveContext } from "./stores/live";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/welcome.css";
import "./styles/records.css";
import "./styles/table.css";
import "./styles/cover.css";
import "./styles/filters.css";
import "./styles/sheet.css";
import "./styles/sync.css";
import "./styles/owned.css";
import "./styles/insights.css";
import "./styles/settings.css";

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no place for the page.");
const account = createAccount();
const link = takeLink();
// Nothing is shown before it is known who is there, so that no form flashes by.
account.welcome(await account.session.resume().catch(() => undefined));
render(() => {
  const live = createLive(account);
  return (
    <AccountProvider account={account}>
      <LiveContext.Provider value={live}>
        <App link={link} />
      </LiveContext.Provider>
    </AccountProvider>
  );
}, page);
