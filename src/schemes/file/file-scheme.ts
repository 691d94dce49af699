import type { Scheme } from "../../transport/scheme.ts";
import { FilePrimitives } from "./file-primitives.ts";
import { FileTransport } from "./file-transport.ts";

const primitives = new FilePrimitives();

/** `file:` URLs and plain local paths. */
export const fileScheme: Scheme = {
  names: ["file"],
  syntax: {
    host: "none",
    userinfo: false,
    query: false,
    encodedSlash: false,
    controlCharacters: true,
    homeDirectory: false,
  },
  options: {},
  open: ({ registry, location }) => new FileTransport(registry, location, primitives),
};
