export { printable } from "../operations/printable.ts";
