import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'

/** Copies a file while its VM stands still: at once where the file system can share blocks, else as fast as it reads. */
export const copyFrozen = (from: string, to: string): Promise<void> => copyFile(from, to, constants.COPYFILE_FICLONE)
