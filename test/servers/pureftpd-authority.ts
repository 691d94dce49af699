import { once } from "node:events";
import { statSync } from "node:fs";
import type { Socket } from "node:net";
import { createServer } from "node:net";

import type { TemporaryAccount } from "./temporary-account.ts";

/**
 * Whom Pure-FTPd asks who may log in, over a Unix socket: its "external authentication" (README.Authentication-Modules). Pure-FTPd tells what it
 * does to syslog alone; here its logins can be counted.
 */
export class PureFtpdAuthority {
  #logins = 0;
  readonly #server = createServer();

  /** Logins that were granted. */
  get logins(): number {
    return this.#logins;
  }

  /** @param directory The login directory; what stands before a `/./` in it is all that the user sees. */
  async listen(path: string, account: TemporaryAccount, directory: string): Promise<void> {
    this.#server.on("connection", (socket) => this.#answer(socket, account, directory));
    this.#server.unref();
    await once(this.#server.listen(path), "listening");
  }

  close(): void {
    this.#server.close();
  }

  #answer(socket: Socket, { name, password, home }: TemporaryAccount, directory: string): void {
    let question = "";
    socket.on("error", () => socket.destroy());
    socket.setEncoding("utf8").on("data", (text: string) => {
      question += text;
      if (!question.endsWith("\nend\n")) return;
      const granted = question.startsWith(`account:${name}\npassword:${password}\n`);
      if (granted) this.#logins += 1;
      const { uid, gid } = statSync(home);
      const answer = granted ? ["auth_ok:1", `uid:${uid}`, `gid:${gid}`, `dir:${directory}`] : ["auth_ok:-1"];
      socket.end([...answer, "end", ""].join("\n"));
    });
  }
}
