import { maxDiskBytes, ProblemCode } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { inspectDisk, SynthesisError } from '@bramble/synthesis'

/** The same look that a node takes before it boots an image. @throws `disk_...` */
export async function checkDisk(path: string): Promise<void> {
  try {
    await inspectDisk(path, { maxVirtualBytes: maxDiskBytes })
  } catch (error) {
    if (!(error instanceof SynthesisError)) throw error
    throw new ProblemError(ProblemCode.parse(error.code), error.message, { cause: error })
  }
}
