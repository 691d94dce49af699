import { isTransportError } from "../index.ts";
import { printable } from "../operations/printable.ts";

/** The library's hints name options of its functions; these are the same ways out in the words of the command. */
const waysOut: readonly (readonly [option: RegExp, wayOut: string])[] = [
  [/createParents/, "Make missing directories with -p of put, or with mkdir -p"],
  [/deleteTree/, "Delete directories with -r of rm"],
  [/atomic: false/, "Pass --no-atomic to write in place"],
  [
    /hostKeyFingerprints/,
    "Compare the fingerprint with one from a source you trust; then pass it as --host-key, or run the command at a terminal to be asked",
  ],
  [
    /credentials callback/,
    "Name a key with --identity, add one to an agent, or run the command at a terminal to be asked",
  ],
  [/proxyJump/, "Name the hosts to go through with --jump, or say that there are none with --jump none"],
  [/knownHosts/, "Name a file that can be used with --known-hosts"],
  [/another port/, "Choose another with --port, or --port 0 for any that is free"],
  [/port and the scheme, or raise/, "Check the port and the scheme, or wait longer with --timeout"],
  [/TimeoutMs/, "If the server is known to be slow, wait longer with --timeout"],
];

/** A failure in one line: what happened, where, what to do. Holds no secret. */
export function errorLine(error: unknown): string {
  const { code, what, where, hint, effect } = partsOf(error);
  const doubt = effect === "unknown" ? "; whether it took effect is not known" : "";
  const place = where === undefined ? "" : ` (${where})`;
  return printable(`samewire: ${what}${place}${doubt} [${code}]${hint === undefined ? "" : `. ${hint}`}`);
}

/** The same as an object. */
export function errorObject(error: unknown): object {
  if (!isTransportError(error)) return { error: { code: "unexpected", message: messageOf(error) } };
  const { code, operation, url, path, temporary, effect, reason } = error;
  return {
    error: { code, operation, url, path, temporary, effect, message: reason, hint: hintOf(error.hint) },
  };
}

interface Parts {
  readonly code: string;
  readonly what: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
  readonly effect?: string;
}

function partsOf(error: unknown): Parts {
  if (!isTransportError(error)) return { code: "unexpected", what: messageOf(error) };
  const { code, operation, reason, url, path, effect } = error;
  const what = operation === undefined ? reason : `${operation}: ${reason}`;
  return {
    code,
    what,
    where: url ?? (path === undefined ? undefined : JSON.stringify(path)),
    hint: hintOf(error.hint),
    effect,
  };
}

function hintOf(hint: string | undefined): string | undefined {
  if (hint === undefined) return undefined;
  return waysOut.find(([option]) => option.test(hint))?.[1] ?? hint;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
