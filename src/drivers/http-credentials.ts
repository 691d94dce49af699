import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import type { HttpChallenge } from "./http-challenge.ts";
import { parseChallenges } from "./http-challenge.ts";
import type { DigestUser } from "./http-digest.ts";
import { DigestSession, digestRank } from "./http-digest.ts";
import type { HttpHeaders } from "./http-message.ts";

/** What is sent after a challenge, for as long as the server takes it. */
export interface Credentials {
  readonly realm: string;
  readonly from: DigestUser;
  readonly answer: (method: string, target: string) => string;
  /** Whether the server has taken them once. */
  proven: boolean;
  /** What the server said was stale; these were made of what it said then. */
  readonly renewed?: Credentials;
}

/** The safest challenge that can be answered. */
export function bestChallenge(headers: HttpHeaders): HttpChallenge {
  const challenges = parseChallenges(headers.get("www-authenticate"));
  const ranked = challenges
    .map((challenge) => ({ challenge, rank: rankOf(challenge) }))
    .filter((one): one is { challenge: HttpChallenge; rank: number } => one.rank !== undefined)
    .toSorted((one, other) => one.rank - other.rank);
  const [best] = ranked;
  if (best !== undefined) return best.challenge;
  const offered = [...new Set(challenges.map(({ scheme }) => scheme))].join(", ");
  throw authenticationFailure(
    offered === ""
      ? "the server refuses without saying what it wants"
      : `the server wants an authentication that is not supported: ${oneLine(offered)}`,
    offered === "bearer"
      ? "Give a token with http: { bearerToken }, or a callback with http: { askBearerToken }"
      : undefined,
  );
}

/** Basic shows the password to whoever listens, or is mistaken for the server: it comes last. */
function rankOf(challenge: HttpChallenge): number | undefined {
  if (challenge.scheme === "digest") return digestRank(challenge);
  return challenge.scheme === "basic" ? 10 : undefined;
}

export function credentialsFor(
  challenge: HttpChallenge,
  realm: string,
  from: DigestUser,
  proven: boolean,
): Credentials {
  if (challenge.scheme === "digest") {
    const session = new DigestSession(from, challenge);
    return { realm, from, proven, answer: (method, target) => session.answer(method, target) };
  }
  if (from.user.includes(":"))
    throw authenticationFailure("a user with a colon cannot be said in Basic authentication");
  const value = `Basic ${Buffer.from(`${from.user}:${from.password}`, "utf8").toString("base64")}`;
  return { realm, from, proven, answer: () => value };
}

export function authenticationFailure(
  reason: string,
  hint = "Check the user and the password, or give others",
): TransportError {
  return new TransportError("authentication-failed", reason, { hint });
}
