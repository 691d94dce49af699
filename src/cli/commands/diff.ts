import { planSync } from "../../index.ts";
import { Comparison } from "../comparison.ts";
import { Copying } from "../copying.ts";
import type { Session } from "../session.ts";

/** Tells what would make a directory the same as another; the exit code says whether anything would. */
export async function diff(session: Session): Promise<void> {
  const comparison = Comparison.of(session);
  const { source, target } = comparison.ends;
  session.report.gather();
  using copying = await Copying.open(session);
  await comparison.attempt(async () => {
    copying.comparing();
    const options = { ...comparison.options, delete: true };
    const plan = await session.tellingRefusedNames(() => planSync(source, target, options));
    if (plan.actions.length > 0) session.report.differs();
    await comparison.tell(plan);
  });
}
