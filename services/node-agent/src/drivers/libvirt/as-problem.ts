import type { ProblemCode } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'
import { ConnectionError, LibvirtError } from '@bramble/libvirt'
import { SynthesisError } from '@bramble/synthesis'
import type { SynthesisErrorCode } from '@bramble/synthesis'

// All others are problem codes of the same name.
const ofSynthesis = {
  base_mismatch: 'machine_mismatch',
  stream_invalid: 'hypervisor_failed',
} satisfies Partial<Record<SynthesisErrorCode, ProblemCode>>

/** The problem that a failure of libvirt, QEMU, synthesis or the disk amounts to; what is unexpected stays as it is. */
export function asProblem(error: unknown, doing: string): unknown {
  if (error instanceof ProblemError) return error
  const detail = `${doing}: ${describeError(error)}`
  const problem = (code: ProblemCode) => new ProblemError(code, detail, { cause: error })
  if (error instanceof SynthesisError) {
    return problem(
      error.code in ofSynthesis
        ? ofSynthesis[error.code as keyof typeof ofSynthesis]
        : (error.code as Exclude<SynthesisErrorCode, keyof typeof ofSynthesis>),
    )
  }
  if (error instanceof LibvirtError) return problem('hypervisor_failed')
  if (error instanceof ConnectionError) return problem('unavailable')
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC') return problem('insufficient_disk')
  return error
}

/** Runs `act` so that its expected failures are ProblemErrors. */
export async function asking<T>(doing: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asProblem(error, doing)
  }
}
