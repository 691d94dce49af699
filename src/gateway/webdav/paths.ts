/** A path of WebDAV's here is plain text from the root, `/a/b`, without a slash at its end; the root is `/`. */

/** A path as it stands in an answer: percent-encoded, a directory with its slash. */
export function hrefOf(path: string, directory: boolean): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return directory && path !== "/" ? `${encoded}/` : encoded;
}

/** The directory above. The root's is itself. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function isBelow(path: string, root: string): boolean {
  return path !== root && path.startsWith(root === "/" ? root : `${root}/`);
}

export function memberOf(path: string, name: string): string {
  return path === "/" ? `/${name}` : `${path}/${name}`;
}
