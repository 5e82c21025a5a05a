import { SynthesisError } from '../error.ts'

export const invalidStream = (reason: string): SynthesisError =>
  new SynthesisError('stream_invalid', `The migration stream is refused: ${reason}`)
