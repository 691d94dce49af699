import type { HttpLogin } from "../../drivers/http-authentication.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { AskCredentials } from "../../transport/credentials.ts";
import type { AskBearerToken } from "../../transport/http-options.ts";
import { askOf } from "../../transport/option-values.ts";
import { isFieldValue } from "./http-headers.ts";
import { urlOf } from "./http-origin.ts";

/** What there is to prove who asks, in the options of a call and its URL. */
export function loginOf(request: ConnectionRequest): HttpLogin {
  const { location, options } = request;
  const { authorization, bearerToken, askBearerToken } = options.http ?? {};
  const url = urlOf(request);
  if (typeof authorization === "string") return { authorization: checkedValue(authorization) };
  if (typeof bearerToken === "string") return { authorization: bearer(bearerToken) };
  if (typeof askBearerToken === "function") return { askToken: tokensFrom(askBearerToken, url) };
  const user = location.user ?? options.user ?? undefined;
  const password = location.password ?? options.password;
  const ask = askOf(options);
  // Explicitly no password: nobody is asked for one either.
  if (password === null || typeof ask !== "function") return { user, password: password ?? undefined };
  return { user, password, askUser: usersFrom(ask, url, location.host, user) };
}

function tokensFrom(ask: AskBearerToken, url: string): NonNullable<HttpLogin["askToken"]> {
  return async (attempt, signal = neverAborted()) => bearer(await ask({ url, attempt }, { signal }));
}

function bearer(token: string): string {
  return checkedValue(`Bearer ${token}`);
}

/** What no header can hold is refused before anything is sent. */
function checkedValue(authorization: string): string {
  if (isFieldValue(authorization)) return authorization;
  throw new TransportError(
    "unsupported",
    "the authorization or token that was given has characters that no header can hold",
    {
      hint: "Check what it was read from: a line end may have come along",
    },
  );
}

function usersFrom(
  ask: AskCredentials,
  url: string,
  host: string,
  user: string | undefined,
): NonNullable<HttpLogin["askUser"]> {
  const signal = neverAborted();
  return async (realm, attempt) => {
    if (user !== undefined) {
      const answer = await ask({ kind: "password", url, user, host, attempt }, { signal });
      const password = typeof answer === "string" ? answer : answer?.[0];
      return password === undefined ? undefined : { user, password };
    }
    const prompts = [
      { text: "User: ", echo: true },
      { text: "Password: ", echo: false },
    ];
    const question = {
      kind: "keyboard-interactive",
      url,
      user: "",
      host,
      name: realm,
      instructions: "",
      prompts,
      attempt,
    } as const;
    const answer = await ask(question, { signal });
    const [name, password] = typeof answer === "string" ? [answer] : (answer ?? []);
    return name === undefined || password === undefined ? undefined : { user: name, password };
  };
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
