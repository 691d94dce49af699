import { TransportError } from "../../errors/transport-error.ts";

/** What says how a message travels, or which part of what is wanted, is not the caller's to say. */
const ours: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "if-range",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t -~\u0080-\u00ff]*$/;

/** Whether a header can have this for its value. */
export function isFieldValue(value: unknown): value is string {
  return typeof value === "string" && fieldValue.test(value);
}

/**
 * The headers that a caller wants sent, by lower-case name.
 *
 * @throws TransportError `unsupported`; it shows no value, which may be a secret
 */
export function checkedHeaders(headers: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of Object.entries(headers ?? {})) {
    const lower = name.toLowerCase();
    if (!token.test(name)) throw refusal(`no header can be called ${JSON.stringify(name)}`);
    if (ours.has(lower)) throw refusal(`the header ${lower} is not the caller's to set`);
    if (!isFieldValue(value)) throw refusal(`the value of the header ${lower} is none`);
    checked.set(lower, value);
  }
  return Object.fromEntries(checked);
}

function refusal(reason: string): TransportError {
  return new TransportError("unsupported", reason, { hint: "Leave it out of http: { headers }" });
}
