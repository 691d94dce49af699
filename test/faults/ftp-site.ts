import { controlPhases } from "./ftp-acts.ts";
import { dataPhases } from "./ftp-data-acts.ts";
import type { FtpForm, FtpStage } from "./ftp-stage.ts";
import { account, openFtpStage, password } from "./ftp-stage.ts";
import { phases } from "./phase.ts";
import type { FaultSite } from "./site.ts";

/** The matrix of one form of FTP: both of its connections. */
export function ftpSite(form: FtpForm): FaultSite<FtpStage> {
  const control = controlPhases(form);
  const data = dataPhases(form);
  const both = { ...control };
  for (const phase of phases) {
    const { [phase]: acts } = control;
    if (isList(acts)) both[phase] = [...acts, ...(data[phase] ?? [])];
  }
  return {
    scheme: form,
    secrets: [password, encodeURIComponent(password), account],
    wires: 1,
    open: () => openFtpStage(form),
    phases: both,
  };
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
