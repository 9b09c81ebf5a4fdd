/** Every sentence that the page says, in one place, so that it can say them in another language. */
export const texts = {
  name: "Cratesync",
  tagline: "Your records, kept by you.",
  signIn: {
    title: "Sign in",
    username: "Name",
    password: "Password",
    submit: "Sign in",
    register: "Make an account",
    haveNone: "New here?",
    haveOne: "Have an account already?",
    invitation: "Invitation (if you were given one)",
    passwordHint: "At least 12 characters. A few words do.",
    working: "One moment …",
  },
  faults: {
    unreachable: "The server does not answer. It may be restarting; try again in a moment.",
    unreadable: "The server said something that this page does not understand. Reload the page.",
  },
};
