import { readFile } from 'node:fs/promises'
import { SiteBrokerAccess } from '@bramble/contracts'
import { backoffMs, describeError, waitFor } from '@bramble/kit'
import type { Logger } from '@bramble/kit'

/** What the master left to connect to the broker with. @throws while there is none */
export async function readAccess(path: string): Promise<SiteBrokerAccess> {
  try {
    return SiteBrokerAccess.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new Error(`${path} holds no access to the broker`, { cause })
  }
}

/** Waits until the master has left it. @throws when the service stops before */
export async function awaitAccess(path: string, logger: Logger, stopping: AbortSignal): Promise<SiteBrokerAccess> {
  for (let failures = 1; ; failures++) {
    try {
      return await readAccess(path)
    } catch (error) {
      if (failures === 1) logger.warn(`waits for the master: ${describeError(error)}`)
      await waitFor(backoffMs(failures, { initialMs: 200, maxMs: 5000 }), stopping)
      stopping.throwIfAborted()
    }
  }
}
