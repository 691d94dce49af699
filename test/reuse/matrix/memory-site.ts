import { memoryStore } from "../../../src/schemes/memory/memory-store.ts";
import { commonCases, password, startSurroundings, user } from "./common-cases.ts";
import type { MatrixSite } from "./matrix.ts";

/** A store of this process, which lets everybody in, and counts. */
export async function memoryMatrixSite(): Promise<MatrixSite> {
  const surroundings = await startSurroundings();
  const name = "matrix.example";
  return {
    url: `memory://${user}@${name}/`,
    options: { password },
    cases: commonCases(surroundings, { namelessUrl: `memory://${name}/`, readsNetrc: false }),
    accepted: () => memoryStore(name).accepted,
    close: () => surroundings.close(),
  };
}
