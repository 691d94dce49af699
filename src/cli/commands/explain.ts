import type { Location, ReuseVerdict } from "../../index.ts";
import type { Session } from "../session.ts";

/** Tells whether two locations share a wire, and why. Connects to nothing. */
export async function explain(session: Session): Promise<void> {
  const { line, report } = session;
  const [a, b] = line.operands.map((operand) => session.place(operand).location) as [Location, Location];
  const { reuse, reason, option } = verdictOn(session, a, b);
  if (report.json) await report.line(JSON.stringify({ a: a.redactedUrl, b: b.redactedUrl, reuse, reason, option }));
  else await report.line(`${reuse ? "yes" : "no"}: ${reason}`);
}

/** Prefixes are not in the connection key: the wire is that of the URL without them. */
function verdictOn({ scope, options }: Session, a: Location, b: Location): ReuseVerdict {
  const holder = scope.getTransport(a.with({ decorators: [] }), options);
  if (holder.capabilities.local) return { reuse: false, reason: `${a.scheme}: needs no connection` };
  return holder.explainReuse(b.with({ decorators: [] }), options);
}
