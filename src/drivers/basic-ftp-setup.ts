import type { Clock } from "../connection/clock.ts";
import { within } from "../connection/within.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { FtpControl } from "./basic-ftp-control.ts";
import { closingError, refusalCode, refusalError, strayReply } from "./basic-ftp-errors.ts";
import type { FtpServerFacts } from "./basic-ftp-facts.ts";
import { refusedAtTheDoor } from "./basic-ftp-login.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import { replyText } from "./basic-ftp-reply.ts";

/** What is settled before a session is used. */
export interface SessionSetup {
  /** Whether data connections are to be secured. */
  readonly secured: boolean;
  readonly encoding: "utf8" | "latin1";
  /** What earlier sessions learned of the server; filled in by this one. */
  readonly facts: FtpServerFacts;
  readonly clock: Clock;
}

/** A command, and what is made of the answer; throws where the session cannot be used. */
interface Step {
  readonly command: string;
  readonly take: (reply: FtpReply) => void;
}

/** How long a server may take to answer what was sent together with what it has answered. */
const forgottenAfterMs = 3_000;

/**
 * Has the server secure data connections, say what it knows, and take files as they are. Never goes on with data in the clear where it is to be secured.
 * False for a server that forgets commands which were sent together, or is lost over them: from now on it is asked one by one, on another connection.
 */
export async function setUp(control: FtpControl, { secured, encoding, facts, clock }: SessionSetup): Promise<boolean> {
  const { features } = facts;
  const learn: Step = { command: "FEAT", take: (reply) => void (facts.features = featuresOf(reply)) };
  const answered = await perform(
    [
      ...(secured ? protection : []),
      ...(features === undefined ? [learn] : choices(features, encoding)),
      { command: "TYPE I", take: (reply) => expectDone(reply, "TYPE I") },
    ],
    control,
    facts,
    clock,
  );
  if (!answered || features !== undefined) return answered;
  return await perform(choices(facts.features ?? new Map(), encoding), control, facts, clock);
}

/** In one packet, unless the server is known not to take it. False where it turns out not to. */
async function perform(
  steps: readonly Step[],
  control: FtpControl,
  facts: FtpServerFacts,
  clock: Clock,
): Promise<boolean> {
  if (facts.pipelining === false) {
    for (const { command, take } of steps) take(await control.exchange(command).last);
    return true;
  }
  const last = steps.length - 1;
  const replies = control.together(() =>
    steps.map(({ command }, index) => control.exchange(command, { mayBeFollowed: index < last }).last),
  );
  for (const [index, { take }] of steps.entries()) {
    const answer = replies[index] as Promise<FtpReply>;
    const reply = await (facts.pipelining === true || last === 0
      ? answer
      : (index === 0 ? answer : within(clock, forgottenAfterMs, answer, "forgotten")).catch(broken));
    if (reply === "forgotten") {
      facts.pipelining = false;
      return false;
    }
    take(reply);
  }
  if (last > 0) facts.pipelining ??= true;
  return true;
}

/** A connection that breaks over commands that were sent together: there are firewalls that let none by before the last one is answered. */
function broken(error: unknown): "forgotten" {
  if (!isTransportError(error, "connection-lost") || refusalCode(error) !== undefined) throw error;
  return "forgotten";
}

const protection: readonly Step[] = [
  { command: "PBSZ 0", take: refuseClosing },
  { command: "PROT P", take: requireProtection },
];

function requireProtection(reply: FtpReply): void {
  if (reply.code === 200) return;
  refuseClosing(reply);
  throw new TransportError("tls-failed", `the server refuses to secure data connections: ${replyText(reply)}`);
}

function refuseClosing(reply: FtpReply): void {
  if (reply.code === 421) throw refusedAtTheDoor(reply);
}

function unlessClosing(reply: FtpReply): void {
  if (reply.code === 421) throw closingError(reply);
}

function expectDone(reply: FtpReply, command: string): void {
  if (reply.code === 200) return;
  unlessClosing(reply);
  throw reply.code >= 400 ? refusalError(reply) : strayReply(reply, command);
}

/** What the server says that it knows: names in capitals, with what follows them. Empty where it knows no FEAT. */
function featuresOf(reply: FtpReply): ReadonlyMap<string, string> {
  unlessClosing(reply);
  const features = new Map<string, string>();
  if (reply.code !== 211) return features;
  for (const line of reply.lines.slice(1, -1)) {
    // Some put the code before every line.
    const [name = "", ...rest] = line.replace(/^211-/, "").trim().split(" ");
    features.set(name.toUpperCase(), rest.join(" "));
  }
  // One line stands for both (RFC 3659 section 7.8), each of which may turn out to be unknown.
  if (features.has("MLST")) features.set("MLSD", "");
  return features;
}

/** What is chosen of what the server offers. */
function choices(features: ReadonlyMap<string, string>, encoding: "utf8" | "latin1"): readonly Step[] {
  const wantedFacts = missingFacts(features.get("MLST"));
  return [
    // Some servers send names in an encoding of their own until they are told; those that always send UTF-8 may refuse, which is no harm.
    ...(encoding === "utf8" && features.has("UTF8") ? [{ command: "OPTS UTF8 ON", take: unlessClosing }] : []),
    ...(wantedFacts === undefined ? [] : [{ command: `OPTS MLST ${wantedFacts}`, take: unlessClosing }]),
  ];
}

/** The facts of MLST that are of use. */
const usefulFacts = ["type", "size", "modify", "unix.mode", "unix.uid", "unix.gid"];

/** What OPTS MLST has to ask for: undefined where the server gives all that it knows of use by itself (marked `*`). */
function missingFacts(offered: string | undefined): string | undefined {
  const known = (offered ?? "").toLowerCase().split(";");
  const wanted = usefulFacts.filter((fact) => known.includes(fact) || known.includes(`${fact}*`));
  return wanted.some((fact) => known.includes(fact)) ? wanted.map((fact) => `${fact};`).join("") : undefined;
}
