import { encodeSegment } from "../url/percent-encoding.ts";
import { answer } from "./answer.ts";
import { maxOpenings } from "./defaults.ts";
import { sendDirectory } from "./directory/send-directory.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { look } from "./look.ts";
import type { GatewayMethods } from "./methods.ts";
import { Refusal } from "./refusal.ts";
import { sendFile } from "./send-file.ts";

/** GET and HEAD. */
async function read(request: GatewayRequest): Promise<void> {
  for (let opening = 1; opening <= maxOpenings; opening++) {
    const stat = await look(request);
    if (stat.type === "directory") return request.slash ? await sendDirectory(request) : redirectToSlash(request);
    if (await sendFile(request, stat, opening === maxOpenings)) return;
  }
  throw new Refusal(503, "the file is being changed", { "retry-after": "1" });
}

/** Relative, so that it is right behind a proxy that has it elsewhere, and can lead to no other host. */
function redirectToSlash(request: GatewayRequest): void {
  const { path, search } = request;
  const name = path.slice(path.lastIndexOf("/") + 1);
  answer(request, 301, "", { location: `./${encodeSegment(name)}/${search}` });
}

/** What a gateway understands that changes nothing. */
export const readingMethods: GatewayMethods = new Map([
  ["GET", read],
  ["HEAD", read],
  [
    "OPTIONS",
    async (request) => {
      answer(request, 204, "", { allow: "GET, HEAD, OPTIONS" });
    },
  ],
]);
