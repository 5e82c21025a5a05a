// A process whose wall clock can be set while it runs (libfaketime). Its monotonic clock is left as it is, as the kernel
// does when somebody sets the time.
import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'

export interface WrongClock {
  /** For the process. */
  env: Record<string, string>
  /** `+2h`, `-10m`, `+0`. */
  set(offset: string): Promise<void>
}

export async function makeWrongClock(path: string, offset = '+0'): Promise<WrongClock> {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  if (!library) throw new Error('libfaketime is missing: apt-get install libfaketime')
  const set = async (to: string) => {
    await writeFile(`${path}.new`, to)
    await rename(`${path}.new`, path)
  }
  await set(offset)
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: path,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  return { env, set }
}
