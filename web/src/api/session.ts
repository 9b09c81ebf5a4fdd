import { call } from "./client";
import type { CredentialsBody, LinkBody, Me, RegistrationBody, SignIn } from "./schema";

/** How long before its end a token is no longer used, in milliseconds: a call may take a while to arrive. */
const SPARE_MS = 30_000;

/** A sign-in. The access token lives in memory alone; the cookie that brings the next one is out of reach of scripts. */
export class Session {
  #token: string | undefined;
  #goodUntil = 0;
  #renewing: Promise<Me | undefined> | undefined;
  #ended: (() => void) | undefined;

  /** Sign in with a name and a password. */
  signIn(credentials: CredentialsBody): Promise<Me> {
    return this.#begin("/api/auth/login", credentials);
  }

  /** Make an account, and sign in. */
  register(wanted: RegistrationBody): Promise<Me> {
    return this.#begin("/api/auth/register", wanted);
  }

  /** Sign in by a one-time link. */
  follow(link: LinkBody): Promise<Me> {
    return this.#begin("/api/auth/link", link);
  }

  /** Go on with an earlier sign-in, where this browser has one. */
  resume(): Promise<Me | undefined> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** A token that is good for now, renewed where it is old. Nothing where nobody is signed in any more. */
  async token(): Promise<string | undefined> {
    if (performance.now() >= this.#goodUntil) await this.resume();
    return this.#token;
  }

  /** Forget the sign-in, here and on the server. */
  async signOut(): Promise<void> {
    this.#forget();
    await call("/api/auth/logout", { method: "POST" });
  }

  /** Be told when the sign-in has ended by itself. */
  onEnded(told: () => void): void {
    this.#ended = told;
  }

  async #begin(path: string, body: CredentialsBody | RegistrationBody | LinkBody): Promise<Me> {
    return this.#keep(await call<SignIn>(path, { method: "POST", body }));
  }

  async #renew(): Promise<Me | undefined> {
    const wasSignedIn = this.#token !== undefined;
    const signedIn = await call<SignIn | undefined>("/api/auth/refresh", { method: "POST" });
    if (signedIn !== undefined) return this.#keep(signedIn);
    this.#forget();
    if (wasSignedIn) this.#ended?.();
    return undefined;
  }

  #keep(signedIn: SignIn): Me {
    this.#token = signedIn.accessToken;
    this.#goodUntil = performance.now() + signedIn.expiresIn * 1000 - SPARE_MS;
    return signedIn.user;
  }

  #forget(): void {
    this.#token = undefined;
    this.#goodUntil = 0;
  }
}
