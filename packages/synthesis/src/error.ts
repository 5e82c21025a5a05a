/** What can be wrong with what synthesis is given; the caller maps each code to its own problem. */
export type SynthesisErrorCode =
  | 'disk_not_an_image'
  | 'disk_truncated'
  | 'disk_has_backing_file'
  | 'disk_has_data_file'
  | 'disk_encrypted'
  | 'disk_too_large'
  | 'disk_unsupported'
  | 'overlay_corrupt'
  | 'base_corrupt'
  | 'manifest_invalid'
  | 'base_mismatch'
  | 'stream_invalid'

export class SynthesisError extends Error {
  readonly code: SynthesisErrorCode

  constructor(code: SynthesisErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SynthesisError'
    this.code = code
  }
}
