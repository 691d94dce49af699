/** For the command, which knows no lower floor. */
export { nearest } from "../transport/nearest.ts";
