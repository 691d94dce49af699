import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { programPath } from "./real-server.ts";

const run = promisify(execFile);

/** Folders that were not removed are removed with this process. */
const folders = new Set<string>();
process.once("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A CA of its own, what it signed, and the files that hold it, in PEM. */
export class WebTlsIdentity implements AsyncDisposable {
  /** Holds the files below; removed at the end. */
  readonly folder: string;
  readonly caFile: string;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** For a client; its subject is `CN=samewire client`. */
  readonly clientCertificateFile: string;
  readonly clientKeyFile: string;
  readonly ca: string;
  readonly clientCertificate: string;
  readonly clientKey: string;

  constructor(folder: string, texts: Pick<WebTlsIdentity, "ca" | "clientCertificate" | "clientKey">) {
    this.folder = folder;
    this.caFile = join(folder, "ca.pem");
    this.certificateFile = join(folder, "server.pem");
    this.keyFile = join(folder, "server-key.pem");
    this.clientCertificateFile = join(folder, "client.pem");
    this.clientKeyFile = join(folder, "client-key.pem");
    this.ca = texts.ca;
    this.clientCertificate = texts.clientCertificate;
    this.clientKey = texts.clientKey;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    folders.delete(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes keys and certificates with openssl. They are valid for two days. */
export async function makeWebTlsIdentity(): Promise<WebTlsIdentity> {
  const openssl = programPath("openssl");
  const folder = await mkdtemp(join(tmpdir(), "samewire-tls-"));
  folders.add(folder);
  const request = async (name: string, subject: string, ...more: string[]): Promise<void> => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const files = ["-keyout", join(folder, `${name}-key.pem`), "-out", join(folder, `${name}.pem`)];
    const config = ["-config", join(folder, "empty.cnf")];
    await run(openssl, ["req", "-x509", ...config, ...key, ...files, "-days", "2", "-subj", subject, ...more]);
  };
  const signed = ["-CA", join(folder, "ca.pem"), "-CAkey", join(folder, "ca-key.pem")];
  const extensions = (...lines: string[]): string[] => lines.flatMap((line) => ["-addext", line]);
  // With the machine's own configuration openssl would add what it says there.
  await writeFile(join(folder, "empty.cnf"), "[req]\ndistinguished_name = name\n[name]\n");
  await request(
    "ca",
    "/CN=samewire test CA",
    ...extensions("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"),
  );
  await Promise.all([
    request(
      "server",
      "/CN=localhost",
      ...signed,
      ...extensions(
        "basicConstraints=CA:FALSE",
        "extendedKeyUsage=serverAuth",
        "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
      ),
    ),
    request(
      "client",
      "/CN=samewire client",
      ...signed,
      ...extensions("basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth"),
    ),
  ]);
  const [ca, clientCertificate, clientKey] = await Promise.all(
    ["ca", "client", "client-key"].map((name) => readFile(join(folder, `${name}.pem`), "utf8")),
  );
  return new WebTlsIdentity(folder, {
    ca: ca as string,
    clientCertificate: clientCertificate as string,
    clientKey: clientKey as string,
  });
}
