import type { TaskDefinition } from '@bramble/kit'
import type { Uploads } from '../blobs/uploads.ts'

/** Uploads that nobody finished are forgotten after a day; begun and left, they would fill the disk. */
export const expireUploads = (uploads: Pick<Uploads, 'expire'>): TaskDefinition => ({
  name: 'expire-uploads',
  periodMs: 3_600_000,
  run: () => uploads.expire(),
})
