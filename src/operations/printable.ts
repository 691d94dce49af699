/** For the command, which knows no lower floor. */
export { printable } from "../url/printable.ts";
