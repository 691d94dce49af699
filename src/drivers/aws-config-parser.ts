/** The settings of one section by name, in lower case; those below `s3 =` as `s3.endpoint_url`. */
export type AwsSettings = ReadonlyMap<string, string>;

/** What stands between a section's brackets: what kind it is, as in `[profile joe]`, or nothing, as in `[default]`; and its name. */
const header = /^(?:(profile|services)\s+)?(["']?)(.+)\2$/;

/** What begins with a hash or a semicolon, behind white space or at the beginning of a line, is a comment. */
const comment = /(?:^|\s)[#;].*$/;

/**
 * The sections of a configuration file of Amazon's tools, by how they are headed: `profile joe`, `services local`, `joe`. Whoever comes later adds to whoever came
 * before. What is no setting is passed over, as the tools do: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseAwsConfig(text: string): ReadonlyMap<string, AwsSettings> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let group = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(comment, "").trim();
    if (line.startsWith("[")) {
      const [, kind, , name] = (line.endsWith("]") && header.exec(line.slice(1, -1).trim())) || [];
      section = name === undefined ? undefined : sectionOf(sections, kind === undefined ? name : `${kind} ${name}`);
      group = "";
      continue;
    }
    const equals = line.indexOf("=");
    if (section === undefined || equals < 1) continue;
    const name = line.slice(0, equals).trim().toLowerCase();
    const value = line.slice(equals + 1).trim();
    const isNested = group !== "" && /^\s/.test(raw);
    if (isNested) section.set(`${group}.${name}`, value);
    else if (value === "") group = name;
    else {
      group = "";
      section.set(name, value);
    }
  }
  return sections;
}

function sectionOf(sections: Map<string, Map<string, string>>, name: string): Map<string, string> {
  const known = sections.get(name) ?? new Map<string, string>();
  sections.set(name, known);
  return known;
}
