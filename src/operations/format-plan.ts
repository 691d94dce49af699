import { printable } from "../url/printable.ts";
import type { SyncAction, SyncPlan } from "./sync-actions.ts";
import { totalsOf } from "./sync-plan.ts";

const words: Readonly<Record<SyncAction["action"], string>> = {
  mkdir: "make",
  copy: "copy",
  link: "link",
  attributes: "set",
  delete: "delete",
};

/** A plan for people: a line for each thing to do, for what is left out and for what failed, and one for the whole. It holds no secret, and nothing that moves a cursor. */
export function formatPlan(plan: SyncPlan): string {
  const lines = [
    ...plan.actions.map((action) => line(words[action.action], pathOf(action), detailsOf(action))),
    ...plan.leftOut.map(({ path, why }) => line("leave", path, why)),
    ...plan.failures.map(({ path, error }) => line("FAILED", path, `${error.code}: ${error.reason}`)),
    summaryOf(plan),
  ];
  return `${lines.join("\n")}\n`;
}

function line(word: string, path: string, details: string): string {
  return `${word.padEnd(6)} ${printable(path === "" ? "." : path)}${details === "" ? "" : ` (${printable(details)})`}`;
}

function pathOf(action: SyncAction): string {
  const isDirectory = action.action === "mkdir" || ("type" in action && action.type === "directory");
  return isDirectory && action.path !== "" ? `${action.path}/` : action.path;
}

function detailsOf(action: SyncAction): string {
  switch (action.action) {
    case "copy":
      return `${action.why}, ${action.sizeBytes} bytes`;
    case "link":
    case "delete":
      return action.why;
    case "attributes": {
      const mode = action.mode === undefined ? [] : [`mode ${action.mode.toString(8).padStart(3, "0")}`];
      const time = action.mtimeMs === undefined ? [] : [`time ${new Date(action.mtimeMs).toISOString()}`];
      return [...mode, ...time].join(", ");
    }
    case "mkdir":
      return "";
  }
}

function summaryOf(plan: SyncPlan): string {
  const { files, bytes, links, directories, deleted } = totalsOf(plan);
  const attributes = plan.actions.filter(({ action }) => action === "attributes").length;
  return [
    `${files} to copy (${bytes} bytes)`,
    `${links} links`,
    `${directories} directories`,
    `${deleted} to delete`,
    `${attributes} attributes`,
    `${plan.unchanged} unchanged`,
    `${plan.failures.length} failures`,
  ].join(", ");
}
