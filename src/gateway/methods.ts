import type { GatewayRequest } from "./gateway-request.ts";

/** Answers a request. What it throws is answered for it, as long as nothing was sent; after that the connection is cut. */
export type GatewayMethod = (request: GatewayRequest) => Promise<void>;

/** What a gateway understands, by the method's name. */
export type GatewayMethods = ReadonlyMap<string, GatewayMethod>;
