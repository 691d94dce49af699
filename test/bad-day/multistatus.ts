/** One resource of a multistatus, as a server tells it. */
export interface ToldResource {
  /** As it stands in the XML. */
  readonly href: string;
  readonly directory?: boolean;
  readonly sizeBytes?: number;
}

/** A polite answer to PROPFIND about some resources. */
export function multistatus(resources: readonly ToldResource[]): string {
  return `${head}${resources.map(responseOf).join("")}${tail}`;
}

export const head = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
export const tail = "</D:multistatus>\n";

export function responseOf({ href, directory = false, sizeBytes = 7 }: ToldResource): string {
  const facts = directory
    ? "<D:resourcetype><D:collection/></D:resourcetype>"
    : `<D:resourcetype/><D:getcontentlength>${sizeBytes}</D:getcontentlength>`;
  return `<D:response><D:href>${href}</D:href><D:propstat><D:prop>${facts}<D:getlastmodified>Sat, 21 Nov 2026 10:00:00 GMT</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n`;
}
