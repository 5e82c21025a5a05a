import { freeBytes as readFreeBytes, ProblemError } from '@bramble/kit'

/** Bytes set aside for one upload before they are written. */
export interface Reservation extends Disposable {
  /** Turns reserved bytes into written ones; reserves more when there are not enough. @throws `storage_full` */
  take(bytes: number): Promise<void>
}

export interface SpaceOptions {
  folder: string
  /** Kept free for everything else on that disk, the store above all. */
  keepFreeBytes: number
  freeBytes?: (folder: string) => Promise<number>
}

export type Space = ReturnType<typeof createSpace>

/** An upload that did not tell its length reserves this much at a time. */
const stepBytes = 16 * 1024 * 1024

/** Knows how much of the disk is promised to uploads under way, so that two of them do not fill it together. */
export function createSpace({ folder, keepFreeBytes, freeBytes = readFreeBytes }: SpaceOptions) {
  let promised = 0

  const promise = async (bytes: number) => {
    const free = await freeBytes(folder)
    if (free - promised - bytes < keepFreeBytes) {
      throw new ProblemError('storage_full', `${bytes} more bytes do not fit: ${free} are free, ${promised} promised.`)
    }
    promised += bytes
  }

  return {
    /** @throws `storage_full` */
    reserve: async (bytes: number): Promise<Reservation> => {
      await promise(bytes)
      let left = bytes
      return {
        take: async (taken) => {
          if (taken > left) {
            await promise(stepBytes)
            left += stepBytes
          }
          left -= taken
          promised -= taken
        },
        [Symbol.dispose]: () => {
          promised -= left
          left = 0
        },
      }
    },
  }
}

/** A disk that filled up all the same, by others. */
export function explainFullDisk(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return isFull ? new ProblemError('storage_full', 'The disk filled up while writing.', { cause: error }) : error
}
