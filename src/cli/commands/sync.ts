import { planSync, sync as syncTrees } from "../../index.ts";
import { Copying, copyHowOf, treeOptionsOf } from "../copying.ts";
import type { Session } from "../session.ts";
import { Comparison } from "../comparison.ts";

/** Makes a directory the same as another. */
export async function sync(session: Session): Promise<void> {
  const { line, report } = session;
  const how = copyHowOf(session);
  const comparison = Comparison.of(session);
  const { ends } = comparison;
  const options = { ...comparison.options, ...treeOptionsOf(how), delete: line.flag("delete") };
  report.gather();
  using copying = await Copying.open(session);
  await comparison.attempt(async () => {
    copying.comparing();
    if (how.dryRun) {
      const plan = await session.tellingRefusedNames(() => planSync(ends.source, ends.target, options));
      return await comparison.tell(plan);
    }
    const { failures, ...counts } = await copying.run(ends, (voices) =>
      syncTrees(ends.source, ends.target, { ...options, ...voices }),
    );
    report.result({ ...comparison.urls, ...counts, failed: failures.length });
    copying.end(true);
  });
}
