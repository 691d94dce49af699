/** What the chains find on a server: a branch is a directory with these in its control directory. */
export const control = ".line/";

export const file = {
  /** Says that the control directory is one. */
  format: `${control}format`,
  /** The revision that the branch is at. */
  head: `${control}head`,
  /** The URL of the branch that must get every change first. */
  master: `${control}master`,
  /** The URL of the branch that has what is missing here. */
  stackedOn: `${control}stacked-on`,
} as const;

/** Where a repository keeps the content of its revisions. */
export const revisions = `${control}revisions/`;

export const formatText = "line 1\n";
