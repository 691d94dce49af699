import type { Transport } from "../../src/index.ts";
import type { FileTree } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import type { Cutter } from "./cutter.ts";
import type { RepetitionSite, Step } from "./repetition-site.ts";
import { contentOf, namesBelow } from "./tree-names.ts";

type OnTheWire = Pick<RepetitionSite, "transport" | "cut" | "sever" | "count" | "close">;
type OnTheServer = Pick<RepetitionSite, "seed" | "seedDirectory" | "content" | "names">;

/** What a site does on the wire to a server of this process, once it has one. */
export async function onTheWire(
  transport: Transport,
  server: { sever(): void; close(): Promise<void> },
  cutter: Cutter,
): Promise<OnTheWire> {
  await transport.has("nothing of that name");
  return {
    transport,
    cut: (step, when, work) => cutter.cut(step, when, work),
    sever: () => server.sever(),
    count: (step) => cutter.count(step),
    close: async () => {
      await transport.disconnect();
      await server.close();
    },
  };
}

/** What a site does from the other side, in a tree below a directory; `""` is the root. */
export function onTheServer(tree: FileTree, home: string): OnTheServer {
  return {
    seed: async (path, content) => seedTree(tree, `${home}/${path}`, content),
    seedDirectory: async (path) => tree.mkdir(`${home}/${path}`),
    content: async (path) => contentOf(tree, `${home}/${path}`),
    names: async () => namesBelow(tree, home),
  };
}

/** Every step that a request is, and others. */
export function stepsIn(
  stepsOf: Readonly<Partial<Record<string, readonly Step[]>>>,
  ...others: readonly Step[]
): ReadonlySet<Step> {
  return new Set([...Object.values(stepsOf).flatMap((some) => some ?? []), ...others]);
}
