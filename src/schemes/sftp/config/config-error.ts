import { TransportError } from "../../../errors/transport-error.ts";

/** A place in an ssh_config file. */
export interface ConfigPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

const wayOut =
  "Change that line, name another file with ssh: { config: … }, or pass ssh: { config: null } to read no ssh_config";

/** What an ssh_config file asks for and is not done. Never skipped over in silence: it may change where a connection leads. */
export function unsupportedConfig({ file, line }: ConfigPlace, reason: string, hint: string = wayOut): TransportError {
  return new TransportError("unsupported", `${file} line ${line}: ${reason}`, { operation: "ssh_config", hint });
}
