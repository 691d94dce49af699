/** For tests: of schemes, of decorators, and of programs that count their connections. */
export { memoryStore } from "./schemes/memory/memory-store.ts";
export type { MemoryStore } from "./schemes/memory/memory-store.ts";
export { conformance } from "./testing/conformance/conformance.ts";
export type {
  ConformanceServer,
  ConformanceSite,
  ConformanceSubject,
  TestRunner,
} from "./testing/conformance/conformance-subject.ts";
export { expectConnections } from "./testing/expect-connections.ts";
export type { ConnectionCounter } from "./testing/expect-connections.ts";
