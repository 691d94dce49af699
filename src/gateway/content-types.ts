/** What files are, by how their names end: what browsers show or play, and a few that people click on. Text is UTF-8, as nearly all of it is by now. */
const types: Readonly<Record<string, string>> = {
  aac: "audio/aac",
  avif: "image/avif",
  bmp: "image/bmp",
  bz2: "application/x-bzip2",
  conf: "text/plain",
  css: "text/css",
  csv: "text/csv",
  diff: "text/plain",
  epub: "application/epub+zip",
  flac: "audio/flac",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  ico: "image/x-icon",
  ini: "text/plain",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  jsonl: "text/plain",
  log: "text/plain",
  m4a: "audio/mp4",
  md: "text/markdown",
  mjs: "text/javascript",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  ogv: "video/ogg",
  opus: "audio/ogg",
  otf: "font/otf",
  patch: "text/plain",
  pdf: "application/pdf",
  png: "image/png",
  py: "text/plain",
  sh: "text/plain",
  sql: "text/plain",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tif: "image/tiff",
  tiff: "image/tiff",
  toml: "text/plain",
  ts: "text/plain",
  tsv: "text/tab-separated-values",
  ttf: "font/ttf",
  txt: "text/plain",
  wasm: "application/wasm",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xhtml: "application/xhtml+xml",
  xml: "application/xml",
  xz: "application/x-xz",
  yaml: "text/plain",
  yml: "text/plain",
  zip: "application/zip",
  zst: "application/zstd",
};

/** The media type of a file by its name. What is not known is bytes, which no browser guesses at. */
export function contentTypeOf(path: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const type = Object.hasOwn(types, ending) ? (types[ending] as string) : "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

/** What a browser makes a document of that may hold scripts. */
const documents = /^(?:text\/html|application\/xhtml\+xml|application\/xml|image\/svg\+xml)(?:;|$)/;

/**
 * What a browser may do with a file. Whoever can put a file on the server could otherwise run a script on the gateway's own pages, and read with it all that the gateway serves: so a
 * document gets an origin that is nobody's, no scripts, and nothing from elsewhere. All else is shown by the browser's own viewers, which have to load it.
 */
export function policyFor(contentType: string): string {
  return documents.test(contentType)
    ? "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
    : "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'; style-src 'unsafe-inline'";
}
