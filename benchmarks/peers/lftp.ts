import { sshWords } from "./openssh.ts";
import { programVersion } from "./program-version.ts";
import type { Destination, Transfer, TransferPeer } from "./transfer.ts";
import { placeOf } from "./transfer.ts";

/** `lftp`, with so many transfers at a time. */
export function lftp(parallel: number): TransferPeer {
  return {
    name: parallel === 1 ? "lftp" : `lftp ‖${parallel}`,
    version: () => programVersion("lftp", "--version"),
    can: (scheme) => scheme !== "dav",
    commands: (transfer, destination) =>
      Promise.resolve([
        {
          words: [
            "lftp",
            "--norc",
            "-c",
            [...settings(destination), transferLine(transfer, destination, parallel)].join("; "),
          ],
          env: { LFTP_PASSWORD: destination.password ?? "unused" },
        },
      ]),
  };
}

function settings(destination: Destination): readonly string[] {
  const { scheme, host, port, user } = placeOf(destination);
  return [
    "set cmd:fail-exit yes",
    "set net:max-retries 1",
    "set xfer:log no",
    "set ftp:ssl-allow no",
    `set sftp:connect-program "ssh -a -x ${sshWords(destination).join(" ")}"`,
    `open --user ${user} --env-password -p ${port} ${scheme}://${host}`,
  ];
}

function transferLine({ action, what, local, remote }: Transfer, destination: Destination, parallel: number): string {
  const there = placeOf(destination).path(remote);
  if (what === "file") return action === "put" ? `put "${local}" -o "${there}"` : `get "${there}" -o "${local}"`;
  const [reverse, from, to] = action === "put" ? [" -R", local, there] : ["", there, local];
  return `mirror${reverse} --parallel=${parallel} "${from}" "${to}"`;
}
