import { getTransport } from "samewire";

import { countAtOnceByHand } from "./by-hand/at-once.ts";
import { boundPushByHand } from "./by-hand/bound-push.ts";
import { branchByHand } from "./by-hand/branch.ts";
import { inspectAndChangeByHand } from "./by-hand/decorated.ts";
import { initByHand } from "./by-hand/init.ts";
import { pushByHand } from "./by-hand/push.ts";
import { readStackedByHand } from "./by-hand/stacked.ts";
import type { Chain, Place } from "./chain.ts";
import { countAtOnce } from "./chains/at-once.ts";
import { boundPush } from "./chains/bound-push.ts";
import { branch } from "./chains/branch.ts";
import { inspectAndChange } from "./chains/decorated.ts";
import { init } from "./chains/init.ts";
import { push } from "./chains/push.ts";
import { readStacked } from "./chains/stacked.ts";
import { makeBranch, makeRepository } from "./make-branch.ts";

const first = ({ roots: [root] }: Place, path: string): string => `${root}${path}/`;
const second = ({ roots: [, root] }: Place, path: string): string => `${root}${path}/`;

const initChain: Chain = {
  name: "init",
  summary: "make a tree, open it 4 times",
  locations: (place) => [first(place, "new")],
  prepare: () => Promise.resolve(),
  run: (place, list) => init(first(place, "new"), list, place.options),
  runByHand: (place, peer) => initByHand(first(place, "new"), peer),
};

const pushChain: Chain = {
  name: "push",
  summary: "to the repository above it",
  locations: (place) => [first(place, "project/team/trunk"), first(place, "project")],
  async prepare(place, list) {
    const target = first(place, "project/team/trunk");
    await makeRepository(first(place, "project"), place, list);
    await makeBranch(target, { head: "r1" }, place, list);
    // The branch's revisions are those of the repository above it.
    await using own = getTransport(target, list, place.options);
    await own.deleteTree(".line/revisions");
  },
  run: (place, list) => push(first(place, "project/team/trunk"), list, place.options),
  runByHand: (place, peer) => pushByHand(first(place, "project/team/trunk"), peer),
};

const branchChain: Chain = {
  name: "branch",
  summary: "from one server to another",
  locations: (place) => [first(place, "trunk"), second(place, "copy")],
  prepare: (place, list) =>
    makeBranch(first(place, "trunk"), { head: "r2", revisions: { r1: "a start", r2: "a change" } }, place, list),
  run: (place, list) => branch(first(place, "trunk"), second(place, "copy"), list, place.options),
  runByHand: (place, peer) => branchByHand(first(place, "trunk"), second(place, "copy"), peer),
};

const boundPushChain: Chain = {
  name: "bound push",
  summary: "to a master named in a file",
  locations: (place) => [first(place, "work"), second(place, "checkout"), first(place, "master")],
  async prepare(place, list) {
    await makeBranch(first(place, "work"), { head: "r1", revisions: { r1: "a start" } }, place, list);
    await makeBranch(second(place, "checkout"), { master: first(place, "master") }, place, list);
    await makeBranch(first(place, "master"), {}, place, list);
  },
  run: (place, list) => boundPush(first(place, "work"), second(place, "checkout"), list, place.options),
  runByHand: (place, peer) => boundPushByHand(first(place, "work"), second(place, "checkout"), peer),
};

const stackedChain: Chain = {
  name: "stacked",
  onlyReads: true,
  summary: "three, each names the next",
  locations: (place) => [first(place, "top"), first(place, "middle"), first(place, "bottom")],
  async prepare(place, list) {
    await makeBranch(first(place, "top"), { head: "r1", stackedOn: first(place, "middle") }, place, list);
    await makeBranch(first(place, "middle"), { stackedOn: first(place, "bottom") }, place, list);
    await makeBranch(first(place, "bottom"), { revisions: { r1: "a start" } }, place, list);
  },
  run: (place, list) => readStacked(first(place, "top"), list, place.options),
  runByHand: (place, peer) => readStackedByHand(first(place, "top"), peer),
};

const decoratedChain: Chain = {
  name: "decorated",
  summary: "readonly+, trace+ and plain",
  locations: (place) => [`readonly+${first(place, "trunk")}`, first(place, "trunk"), `trace+${first(place, "trunk")}`],
  prepare: (place, list) =>
    makeBranch(first(place, "trunk"), { head: "r1", revisions: { r1: "a start" } }, place, list),
  run: (place, list) => inspectAndChange(first(place, "trunk"), list, place.options),
  runByHand: (place, peer) => inspectAndChangeByHand(first(place, "trunk"), peer),
};

/** As many first verbs at once as asked for. */
function atOnceChain(count: number): Chain {
  const paths = Array.from({ length: count }, (_, at) => String(at));
  return {
    name: `${count} at once`,
    onlyReads: true,
    summary: "first verbs, different paths",
    locations: (place) => paths.map((path) => first(place, path)),
    async prepare(place, list) {
      await using root = getTransport(place.writable(place.roots[0]), list, place.options);
      for (const path of paths.filter((_, at) => at % 10 === 0)) await root.mkdir(path);
    },
    run: (place, list) =>
      countAtOnce(
        paths.map((path) => first(place, path)),
        list,
        place.options,
      ),
    runByHand: (place, peer) =>
      countAtOnceByHand(
        paths.map((path) => first(place, path)),
        peer,
      ),
  };
}

/** The commands of the RFC. `atOnce` is how many first verbs "at once" means. */
export function chains({ atOnce = 100 }: { readonly atOnce?: number } = {}): readonly Chain[] {
  return [initChain, pushChain, branchChain, boundPushChain, stackedChain, atOnceChain(atOnce), decoratedChain];
}
