/** What a method met where it was to go. */
export type WebdavCase =
  | "PROPFIND below-file"
  | "PUT parentless"
  | "PUT below-file"
  | "PUT onto-directory"
  | "MKCOL parentless"
  | "MKCOL below-file"
  | "DELETE below-file"
  | "MOVE missing"
  | "MOVE parentless"
  | "MOVE below-file"
  | "COPY missing"
  | "COPY parentless"
  | "COPY below-file"
  | "LOCK parentless"
  | "LOCK below-file";

/** In what servers differ, although all of them speak RFC 4918. */
export interface WebdavBehaviour {
  /** What it means that `MOVE` does not say whether to overwrite. The RFC: T. */
  readonly overwriteDefault: "T" | "F";
  /** What becomes of a directory that is named without its slash: found all the same, redirected to (301), or refused (409) but for PROPFIND. */
  readonly directorySlash: "optional" | "redirected" | "required";
  /** What is said of a file that is named with a slash: the slash is ignored, or that status. */
  readonly fileSlash: "ignored" | 400 | 404;
  /** Answers about what was asked for by the name that it was asked by, also where that lacks its slash. */
  readonly echoesHref: boolean;
  /** Ignores `If-Match` and `If-None-Match` on `PUT`. */
  readonly ignoresPreconditions: boolean;
  /** What it calls itself in answer to `OPTIONS`; of the RFC's classes those that fit where undefined. */
  readonly classes: string | undefined;
  /** Has locks: class 2. */
  readonly locks: boolean;
  /** Writes into the file itself while an upload comes, so that what was cut off stays. */
  readonly uploadsInPlace: boolean;
  /** Says 201 to `MKCOL` of a directory that is there. */
  readonly makesDirectoriesTwice: boolean;
  /** Makes the directories above where a `MOVE` leads to. */
  readonly makesParentsOnMove: boolean;
  /** Says nothing of properties that are not there, instead of 404. */
  readonly omitsMissingProperties: boolean;
  /** Live properties that it has not got. */
  readonly lacksProperties: readonly string[];
  /** Wants the whole URL in `Destination`. */
  readonly wholeDestinations: boolean;
  /** The namespace prefix of what it answers; none where empty. */
  readonly prefix: string;
  /** Statuses that are not the RFC's. */
  readonly statuses: Readonly<Partial<Record<WebdavCase, number>>>;
}

export const usualStatuses: Readonly<Record<WebdavCase, number>> = {
  "PROPFIND below-file": 404,
  "PUT parentless": 409,
  "PUT below-file": 409,
  "PUT onto-directory": 405,
  "MKCOL parentless": 409,
  "MKCOL below-file": 409,
  "DELETE below-file": 404,
  "MOVE missing": 404,
  "MOVE parentless": 409,
  "MOVE below-file": 409,
  "COPY missing": 404,
  "COPY parentless": 409,
  "COPY below-file": 409,
  "LOCK parentless": 409,
  "LOCK below-file": 409,
};

export const usualBehaviour: WebdavBehaviour = {
  overwriteDefault: "T",
  directorySlash: "optional",
  fileSlash: 404,
  echoesHref: false,
  ignoresPreconditions: false,
  classes: undefined,
  locks: true,
  uploadsInPlace: false,
  makesDirectoriesTwice: false,
  makesParentsOnMove: false,
  omitsMissingProperties: false,
  lacksProperties: [],
  wholeDestinations: false,
  prefix: "D",
  statuses: {},
};

/** What was measured of servers that many have: Apache 2.4, nginx 1.22 with its dav-ext module, rclone 1.60. */
export const webdavServerKinds: Readonly<Record<"apache" | "nginx" | "rclone", Partial<WebdavBehaviour>>> = {
  apache: {
    classes: "1,2, <http://apache.org/dav/propset/fs/1>",
    directorySlash: "redirected",
    fileSlash: 400,
    wholeDestinations: true,
    prefix: "lp1",
    statuses: {
      "PROPFIND below-file": 400,
      "PUT onto-directory": 409,
      "PUT below-file": 400,
      "MKCOL below-file": 400,
      "DELETE below-file": 400,
      "MOVE parentless": 500,
      "MOVE below-file": 400,
      "COPY below-file": 400,
    },
  },
  nginx: {
    classes: "2",
    directorySlash: "required",
    fileSlash: "ignored",
    echoesHref: true,
    ignoresPreconditions: true,
    makesParentsOnMove: true,
    omitsMissingProperties: true,
    lacksProperties: ["getetag", "getcontenttype", "quota-available-bytes", "quota-used-bytes"],
    statuses: {
      "PUT onto-directory": 409,
      "PUT parentless": 500,
      "PUT below-file": 500,
      "DELETE below-file": 409,
      "MOVE below-file": 404,
      "COPY parentless": 500,
      "COPY below-file": 404,
    },
  },
  rclone: {
    classes: "1, 2",
    overwriteDefault: "F",
    fileSlash: "ignored",
    ignoresPreconditions: true,
    uploadsInPlace: true,
    makesDirectoriesTwice: true,
    lacksProperties: ["quota-available-bytes", "quota-used-bytes"],
    statuses: {
      "PUT onto-directory": 404,
      "PUT parentless": 404,
      "PUT below-file": 404,
      "MKCOL below-file": 405,
      "MOVE missing": 403,
      "MOVE parentless": 403,
      "MOVE below-file": 403,
      "COPY below-file": 403,
      "LOCK parentless": 500,
    },
  },
};
