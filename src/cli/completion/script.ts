import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const scripts: Readonly<Record<string, () => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** What teaches a shell to complete this command's words; the table says for which there is one. */
export function completionScript(shell: string): string {
  return (scripts[shell] as () => string)();
}
