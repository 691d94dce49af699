import { TransportError } from "../../errors/transport-error.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import { extension } from "../../schemes/sftp/protocol/messages.ts";
import type { PacketReader } from "../../schemes/sftp/protocol/packet-reader.ts";
import { numbersAnswer } from "./sftp-answers.ts";
import type { SftpRequests } from "./sftp-requests.ts";
import { maxDataBytes } from "./sftp-requests.ts";

/** Bytes of one request, as OpenSSH allows. */
export const maxRequestBytes: number = 256 * 1024;

/** What a tree without a limit is said to have. */
const plentyBytes = 2 ** 42;
const clusterBytes = 4096;
const plentyFiles = 2 ** 32;
const maxNameBytes = 255;

/** An extension: the version that is announced, and what it does. Nothing as its answer means that "ok" is all of it. */
export interface SftpExtension {
  readonly version: string;
  answer(requests: SftpRequests, id: number, reader: PacketReader): Buffer | undefined;
}

/** The extensions of OpenSSH's PROTOCOL that the server knows. */
export const sftpExtensions: Readonly<Record<string, SftpExtension>> = {
  [extension.posixRename]: {
    version: "1",
    answer(requests, _id, reader) {
      requests.tree.rename(requests.path(reader), requests.path(reader), { replace: true });
      return undefined;
    },
  },
  [extension.hardlink]: {
    version: "1",
    answer(requests, _id, reader) {
      requests.tree.link(requests.path(reader), requests.path(reader));
      return undefined;
    },
  },
  [extension.fsync]: {
    version: "1",
    answer(requests, _id, reader) {
      requests.file(reader);
      return undefined;
    },
  },
  [extension.limits]: {
    version: "1",
    // Open handles without a limit are 0.
    answer: ({ handles }, id) => numbersAnswer(id, [maxRequestBytes, maxDataBytes, maxDataBytes, handles.most]),
  },
  [extension.statvfs]: {
    version: "2",
    answer(requests, id, reader) {
      requests.tree.stat(requests.path(reader));
      return numbersAnswer(id, fileSystemOf(requests.tree));
    },
  },
  [extension.copyData]: { version: "1", answer: copyData },
  "lsetstat@openssh.com": {
    version: "1",
    answer(requests, _id, reader) {
      requests.tree.setAttributes(requests.path(reader), requests.attributes(reader), { followLinks: false });
      return undefined;
    },
  },
};

function copyData(requests: SftpRequests, _id: number, reader: PacketReader): undefined {
  const source = requests.file(reader);
  const [offset, length] = [reader.u64(), reader.u64()];
  const target = requests.file(reader);
  if (target === source) throw new TransportError("unexpected", "a file is not copied into itself");
  source.copyTo(target, { offset, length: length === 0 ? Infinity : length, targetOffset: reader.u64() });
}

/** The fields of statvfs(3), in its order. */
function fileSystemOf({ maxBytes, usedBytes }: FileTree): number[] {
  const clusters = Math.floor(Math.min(maxBytes, plentyBytes) / clusterBytes);
  const free = Math.max(0, clusters - Math.ceil(usedBytes / clusterBytes));
  return [clusterBytes, clusterBytes, clusters, free, free, plentyFiles, plentyFiles, plentyFiles, 0, 0, maxNameBytes];
}
