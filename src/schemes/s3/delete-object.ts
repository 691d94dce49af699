import type { ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { acrossLoss, done, unclear } from "../../transport/across-loss.ts";
import type { Operation } from "../../transport/operation.ts";
import { isMissing } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";

/** Deletes an object that is there. The service would delete it a second time as well, whoever has stored it anew. */
export async function deleteObject(
  objects: S3Objects,
  request: "delete" | "rmdir",
  name: ObjectName,
  operation: Operation,
): Promise<void> {
  const send = (): Promise<void> => objects.delete(name, { ...operation, repeatable: isRepeated(request) });
  await acrossLoss(request, operation, send, async (looking) => {
    try {
      await objects.head(name, looking);
      return unclear;
    } catch (error) {
      if (isMissing(error)) return done(undefined);
      throw error;
    }
  });
}
