import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cloudlet } from '@bramble/testkit'

/** The file that arms a crash point of a process started with BRAMBLE_CRASH_FILE (packages/kit/src/crash-point.ts). */
export const crashFile = ({ stateDir }: Pick<Cloudlet, 'stateDir'>): string => join(stateDir, 'armed')

export const armCrash = (cloudlet: Cloudlet, point: string): Promise<void> => writeFile(crashFile(cloudlet), point)

export const clearCrash = (cloudlet: Cloudlet): Promise<void> => rm(crashFile(cloudlet), { force: true })
