import { controlCharacter } from "./characters.ts";
import { LocationError } from "./location-error.ts";
import { decodePercent } from "./percent-encoding.ts";
import type { UrlSyntax } from "./url-syntax.ts";

/** What OpenSSH refuses in a user since CVE-2023-51385, and white space. A backslash is in `DOMAIN\user`. */
const shellMetacharacter = /[\s'"`;&<>|(){}$]/;

export interface Userinfo {
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** `user:password` before the `@`, each decoded once. A colon with nothing behind it is an empty password, not none. */
export function parseUserinfo(text: string, scheme: string, syntax: UrlSyntax): Userinfo {
  if (!syntax.userinfo) throw new LocationError("invalid-url", `a ${scheme}: URL names no user`);
  if (text.includes("@")) {
    throw new LocationError("invalid-url", 'there is more than one "@" before the path', {
      hint: "In a user or password, write @ as %40",
    });
  }
  const colon = text.indexOf(":");
  const user = decodePercent(colon < 0 ? text : text.slice(0, colon), "user", "invalid-url");
  const password = colon < 0 ? undefined : decodePercent(text.slice(colon + 1), "password", "invalid-url");
  checkUser(user);
  if (password !== undefined && controlCharacter.test(password))
    throw new LocationError("invalid-url", "the password has a control character");
  return { user: user === "" ? undefined : user, password };
}

/** Refuses a user that could mean something to a shell or a command line. */
export function checkUser(user: string): void {
  if (controlCharacter.test(user)) throw new LocationError("invalid-url", "the user has a control character");
  if (user.startsWith("-")) throw new LocationError("invalid-url", 'a user cannot begin with "-"');
  if (user.endsWith("\\") || shellMetacharacter.test(user)) {
    throw new LocationError("invalid-url", "the user has white space or a character that means something to a shell");
  }
}
