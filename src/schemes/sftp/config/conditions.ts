import type { SshDirective } from "../../../drivers/ssh-config.ts";
import { matchesPattern, matchesPatterns } from "../host-pattern.ts";
import type { ConfigPlace } from "./config-error.ts";

/** Who is asked about when a `Match` line is judged; changes as directives are taken in. */
export interface MatchSubject {
  readonly typedHost: string;
  /** What `HostName` made of the host so far. */
  readonly hostName: string;
  readonly user: string;
  readonly localUser: string;
  readonly finalPass: boolean;
}

/** Whether a block applies; where only a command or an unknown criterion could tell, why that is not known, and at which line. */
export type Applies = "yes" | "no" | { readonly unknown: string; readonly at: ConfigPlace };

/** Both: a block of an included file applies only where the `Include` does. */
export function applyBoth(outer: Applies, inner: Applies): Applies {
  if (outer === "no" || inner === "no") return "no";
  return outer === "yes" ? inner : outer;
}

/** Compares a host as ssh does: exactly, case included. */
export function hostApplies({ words, problem }: SshDirective, at: ConfigPlace, host: string): Applies {
  if (words.some((word) => word.startsWith("!") && matchesPattern(host, word.slice(1)))) return "no";
  if (problem !== undefined) return { unknown: problem, at };
  return matchesPatterns(host, words) ? "yes" : "no";
}

/** `Match final` was met: the files are to be read once more when the host's name is known. */
export interface FinalPassWish {
  wanted: boolean;
}

/**
 * A criterion that is false makes the block not apply, wherever it stands in the line. `exec` is never run and a criterion that only a newer ssh
 * knows is never guessed: unless another one is false, it is not known whether the block applies.
 */
export function matchApplies(
  { words, problem }: SshDirective,
  at: ConfigPlace,
  subject: MatchSubject,
  finalPass: FinalPassWish,
): Applies {
  const rest = [...words];
  let unknown: string | undefined;
  let excluded = false;
  // To the end of the line also when it is decided: ssh makes its final pass for any `final` that it meets.
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const negated = word.startsWith("!");
    const holds = judge(word.slice(negated ? 1 : 0).toLowerCase(), rest, subject, finalPass);
    if (typeof holds === "string") unknown ??= holds;
    else excluded ||= holds === negated;
  }
  if (excluded) return "no";
  unknown ??= problem;
  return unknown === undefined ? "yes" : { unknown, at };
}

/** Whether one criterion holds, its argument being taken off `rest`; or why that cannot be known. */
function judge(criterion: string, rest: string[], subject: MatchSubject, finalPass: FinalPassWish): boolean | string {
  if (criterion === "all") return true;
  if (criterion === "canonical") return subject.finalPass;
  if (criterion === "final") {
    finalPass.wanted = true;
    return subject.finalPass;
  }
  const argument = rest.shift();
  if (criterion === "exec")
    return "only a command could tell whether this Match block applies, and no command is run for it";
  if (argument === undefined) return `Match ${criterion} needs a value`;
  switch (criterion) {
    case "host":
      return matchesName(subject.hostName, argument);
    case "originalhost":
      return matchesName(subject.typedHost, argument);
    case "user":
      return matchesPatterns(subject.user, argument.split(","));
    case "localuser":
      return matchesPatterns(subject.localUser, argument.split(","));
    case "command":
    case "localnetwork":
    case "sessiontype":
    case "tagged":
    case "version":
      return `Match ${criterion} is not supported`;
    default:
      rest.length = 0; // Nobody knows whether it takes a value, so what follows means nothing either.
      return `Match ${criterion} is not known`;
  }
}

function matchesName(host: string, patterns: string): boolean {
  return matchesPatterns(host.toLowerCase(), patterns.toLowerCase().split(","));
}
