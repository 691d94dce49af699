import type { Transport } from "../../index.ts";
import { isTransportError } from "../../index.ts";
import type { Session } from "../session.ts";

/** Makes directories. */
export async function mkdir(session: Session): Promise<void> {
  const { line, report, signal } = session;
  const mode = line.mode();
  report.gather();
  for (const operand of line.operands) {
    if (signal.aborted) return;
    await session.attempt(async () => {
      const { transport, path, url, shown } = session.place(operand);
      const made = line.flag("parents")
        ? await transport.clone(path).createPrefix({ mode, signal })
        : await makeOne(transport, path, { mode, signal });
      if (made) report.done({ action: "mkdir", url }, `mkdir ${shown}`);
      report.result({ url, made });
    });
  }
}

async function makeOne(
  transport: Transport,
  path: string,
  how: { readonly mode: number | undefined; readonly signal: AbortSignal },
): Promise<true> {
  try {
    await transport.mkdir(path, how);
    return true;
  } catch (error) {
    if (!isTransportError(error, "not-found")) throw error;
    throw error.with({ hint: "Make missing directories with -p" });
  }
}
