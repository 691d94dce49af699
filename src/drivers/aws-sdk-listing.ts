import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";

import { TransportError } from "../errors/transport-error.ts";
import type { ObjectFacts, S3Objects, S3Operation } from "./aws-sdk-objects.ts";
import type { AwsSdk } from "./aws-sdk-package.ts";

/** What is asked for: keys that begin with `prefix`; with a delimiter, those with one behind it are told by what they begin with. */
export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter?: "/";
  /** Keys and prefixes at most; a thousand when undefined. */
  readonly limit?: number;
}

export interface ListedObject extends ObjectFacts {
  readonly key: string;
}

/** A part of a listing, in the order of the keys' bytes. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** What several keys begin with, up to the delimiter. */
  readonly prefixes: readonly string[];
  /** Keys that are no text, as the service wrote them. */
  readonly undecodable: readonly string[];
  /** Whether nothing follows it. */
  readonly last: boolean;
}

/** Pages without anything in them that are taken one after another: a service that has only such pages never comes to an end. */
const maxEmptyPages = 100;

/** The first page of a listing alone: the first with anything in it, where some services have empty ones before that. */
export async function firstPage(objects: S3Objects, listing: Listing, operation: S3Operation): Promise<ListedPage> {
  for await (const page of pages(objects, listing, operation)) if (page.last || !isEmpty(page)) return page;
  throw endless();
}

/** All pages of a listing, each when it is wanted. */
export async function* pages(objects: S3Objects, listing: Listing, operation: S3Operation): AsyncGenerator<ListedPage> {
  let token: string | undefined;
  const taken = new Set<string>();
  for (let empty = 0; ;) {
    const output = await requestPage(objects, listing, token, operation);
    const page = pageOf(output);
    yield page;
    if (page.last) return;
    token = output.NextContinuationToken;
    empty = isEmpty(page) ? empty + 1 : 0;
    // Where it was before it comes again, however many pages lie between.
    if (token === undefined || taken.has(token) || empty > maxEmptyPages) throw endless();
    taken.add(token);
  }
}

function isEmpty({ objects, prefixes, undecodable }: ListedPage): boolean {
  return objects.length + prefixes.length + undecodable.length === 0;
}

function endless(): TransportError {
  return new TransportError("protocol-error", "the service's listing has no end");
}

async function requestPage(
  objects: S3Objects,
  { bucket, prefix, delimiter, limit }: Listing,
  token: string | undefined,
  operation: S3Operation,
): Promise<ListObjectsV2CommandOutput> {
  const command = (sdk: AwsSdk): object =>
    new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      // XML cannot say every name, and some services write it as if it could.
      EncodingType: "url",
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(limit === undefined ? {} : { MaxKeys: limit }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
  const output = await objects.send<ListObjectsV2CommandOutput>(command, operation);
  // The SDK takes any XML, and none at all, for a listing of nothing.
  if (output.IsTruncated === undefined)
    throw new TransportError("protocol-error", "the service's answer is no listing");
  return output;
}

function pageOf(output: ListObjectsV2CommandOutput): ListedPage {
  const { Contents = [], CommonPrefixes = [], EncodingType, IsTruncated } = output;
  // Without it nobody knows whether that was all; what is no listing has none.
  if (IsTruncated === undefined) throw new TransportError("protocol-error", "the service's answer is no listing");
  const encoded = EncodingType === "url";
  const undecodable: string[] = [];
  const decode = (text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const key = encoded ? decodeKey(text) : text;
    if (key === undefined) undecodable.push(text);
    return key;
  };
  const objects: ListedObject[] = [];
  for (const { Key, Size = 0, LastModified: modified, ETag: etag } of Contents) {
    const key = decode(Key);
    if (key !== undefined) objects.push({ key, sizeBytes: Size, modified, etag });
  }
  const prefixes: string[] = [];
  for (const { Prefix } of CommonPrefixes) {
    const prefix = decode(Prefix);
    if (prefix !== undefined) prefixes.push(prefix);
  }
  return { objects, prefixes, undecodable, last: !IsTruncated };
}

/** Decodes as forms do: a plus is a space. Undefined for what is no UTF-8. */
function decodeKey(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined; // The caller reports it.
  }
}
