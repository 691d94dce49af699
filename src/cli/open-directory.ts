import type { Transport } from "../index.ts";
import { TransportError } from "../index.ts";
import type { Session } from "./session.ts";

/** The directory that an operand names, connected to: whoever has to be asked for a password is asked now, and not when somebody else waits. */
export async function openDirectory(session: Session, operand: string, operation: string): Promise<Transport> {
  const { transport, path } = session.place(operand);
  const { type } = await transport.stat(path, { followLinks: true, signal: session.signal });
  if (type === "directory") return transport.clone(path);
  throw new TransportError("not-a-directory", "this is a file, and a directory is needed", {
    operation,
    url: transport.abspath(path),
    hint: "Name the directory that it is in",
  });
}
