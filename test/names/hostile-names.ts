/** A name as a server may list it, whatever it has in mind. */
export interface HostileName {
  readonly name: string;
  /**
   * `none`: no name anywhere, and reported. `usual`: in many listings, means nothing, and is passed over. `undecodable`: its bytes are no UTF-8. `odd`: a name
   * like any other on this system, although there are others to which it means something else.
   */
  readonly kind: "none" | "usual" | "undecodable" | "odd";
}

const none = [
  "../x",
  "../../x",
  "../secret",
  "../secrets/file",
  "/abs",
  "/etc/passwd",
  "/outer/secret",
  "a/../../x",
  "a/b",
  "./x",
  "x/",
  "../",
  "/",
  "//",
  "//elsewhere.example/x",
  "http://elsewhere.example/x",
  "file:///etc/passwd",
  "C:/x",
  "..\\../x",
  "nul\0byte",
  "\0",
  "",
];

const odd = [
  "..\\x",
  "..\\..\\x",
  "\\abs",
  "a\\..\\..\\x",
  "\\\\elsewhere\\x",
  "C:",
  "C:x",
  "C:\\x",
  "stream:x",
  "CON",
  "aux.txt",
  "com1",
  "lpt9.log",
  "a.",
  "...",
  "~",
  "~root",
  "-rf",
  "%2e%2e",
  "..%2fx",
  "..%5cx",
  "a\nb",
  "\n",
  "a\rb",
  "a\tb",
  "\u001b[2J",
  "$(touch x)",
  "`touch x`",
  "; rm x",
  "l".repeat(3_000),
  "__proto__",
];

/** The one table: every scheme's listings are made of it. */
export const hostileNames: readonly HostileName[] = [
  { name: ".", kind: "usual" },
  { name: "..", kind: "usual" },
  ...none.map((name) => ({ name, kind: "none" }) as const),
  { name: "caf\u00e9", kind: "undecodable" },
  ...odd.map((name) => ({ name, kind: "odd" }) as const),
];
