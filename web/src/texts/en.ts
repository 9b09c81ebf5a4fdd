import { account } from "./en/account";
import { changes } from "./en/changes";
import { insights } from "./en/insights";
import { records } from "./en/records";
import { settings } from "./en/settings";
import { sync } from "./en/sync";

/** Every sentence that the page says, in one place, so that it can say them in another language. */
export const texts = {
  name: "Cratesync",
  tagline: "Your records, kept by you.",
  nav: {
    label: "Pages",
    collection: "Collection",
    wantlist: "Wantlist",
    owned: "Own it?",
    sync: "Sync",
    insights: "Insights",
    settings: "Settings",
    home: "Go to the collection",
    skip: "Skip to the content",
    theme: "Colours",
    themes: { auto: "As the system", light: "Light", dark: "Dark" },
  },
  footer: {
    affiliation:
      "This application uses Discogs’ API but is not affiliated with, sponsored or endorsed by Discogs. " +
      "‘Discogs’ is a trademark of Zink Media, LLC.",
    data: "Data provided by Discogs.",
  },
  common: {
    close: "Close",
    again: "Try again",
    more: "Show more",
    less: "Show less",
    loading: "Loading …",
    working: "One moment …",
    unknown: "Unknown",
    copied: "Copied",
    copy: "Copy",
    save: "Save",
  },
  faults: {
    unreachable: "The server does not answer. It may be restarting; try again in a moment.",
    unreadable: "The server said something that this page does not understand. Reload the page.",
    unexpected: "Something went wrong in this page. Reload it, or try again.",
    lost: "There is nothing at this address",
    lostHint: "A record may have left, or the link lost a letter on its way.",
  },
  account,
  records,
  changes,
  sync,
  insights,
  settings,
};
