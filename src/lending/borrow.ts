import type { Registry } from "../transport/registry.ts";
import type { BorrowOptions } from "./borrowed-transports.ts";
import { BorrowedTransports } from "./borrowed-transports.ts";
import { Borrower } from "./borrower.ts";
import type { LendingChannel } from "./frame-channel.ts";
import { LentDirectory } from "./lent-directory.ts";
import { channelFromEnvironment } from "./lent-channel.ts";

/** Takes what a lender lends at the other end of a channel, its URLs read by a registry. */
export async function borrowFrom(
  registry: Registry,
  channel?: LendingChannel,
  options?: BorrowOptions,
): Promise<BorrowedTransports> {
  const borrower = new Borrower(channel ?? (await channelFromEnvironment()));
  try {
    const bases = await borrower.lent();
    const directories = bases.map(({ url }, lent) => new LentDirectory(registry, url, borrower, lent));
    return new BorrowedTransports(borrower, directories, options);
  } catch (error) {
    borrower.close();
    throw error;
  }
}
