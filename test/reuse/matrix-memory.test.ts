import { matrix } from "./matrix/matrix.ts";
import { memoryMatrixSite } from "./matrix/memory-site.ts";

matrix("memory", "a store of this process", memoryMatrixSite);
