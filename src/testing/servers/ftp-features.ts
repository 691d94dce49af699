/**
 * What the server can be told to know or not, by the names that FEAT has for it: `MLST` stands for MLSD too; `MDTM write` is vsftpd's way of setting
 * a time (`MDTM 20260102030405 path`), which FEAT does not name, as it does not name APPE and SITE CHMOD.
 */
export type FtpFeature =
  | "APPE"
  | "EPSV"
  | "MDTM"
  | "MDTM write"
  | "MFMT"
  | "MLST"
  | "REST STREAM"
  | "SITE CHMOD"
  | "SIZE"
  | "UTF8";

/** All that the server knows. */
export const ftpServerFeatures: readonly FtpFeature[] = [
  "APPE",
  "EPSV",
  "MDTM",
  "MDTM write",
  "MFMT",
  "MLST",
  "REST STREAM",
  "SITE CHMOD",
  "SIZE",
  "UTF8",
];

const unannounced: ReadonlySet<FtpFeature> = new Set(["APPE", "MDTM write", "SITE CHMOD"]);

/** The lines of FEAT, without the first and the last. */
export function featureLines(
  features: ReadonlySet<FtpFeature>,
  { facts, tls }: { readonly facts: string; readonly tls: "explicit" | "implicit" | undefined },
): string[] {
  const announced = [...features].filter((feature) => !unannounced.has(feature));
  const names = announced.map((feature) => (feature === "MLST" ? `MLST ${facts}` : feature));
  const protection = tls === undefined ? [] : ["PBSZ", "PROT", ...(tls === "explicit" ? ["AUTH TLS"] : [])];
  return [...names, "PASV", "TVFS", ...protection].toSorted().map((name) => ` ${name}`);
}
