import { afterAll, beforeEach } from "vitest";

import { BuiltCommand } from "./built-command.ts";

/** The command for all tests of a file, in a folder that is empty before each of them and gone after the last. */
export async function commandOfFile(): Promise<BuiltCommand> {
  const command = await BuiltCommand.build();
  afterAll(() => {
    command[Symbol.dispose]();
  });
  beforeEach(() => {
    command.empty();
  });
  return command;
}
