import { readFile } from 'node:fs/promises'
import { wholeUrl } from '@bramble/contracts'
import { ConfigError } from '@bramble/kit'
import { createMasterTrust } from './master-trust.ts'
import type { MasterTrust } from './master-trust.ts'
import { createMasters } from './masters.ts'
import type { Masters } from './masters.ts'

/** The master of all nodes of this process, and those that stand by. */
export interface MasterPlace {
  masters: Masters
  /** PEM: the authority of the broker, when that is not the cloudlet's own. */
  brokerCa: string | undefined
  /** Of a node that is to join, or has: each may have joined another cloudlet than the next. */
  trustOfNode(): MasterTrust
  /** Of whichever node came last: for what is asked without saying who asks. */
  last: Pick<MasterTrust, 'fetch' | 'isKnown'>
}

export interface MasterSettings {
  master: { url: readonly string[]; caFile?: string | undefined }
  broker: { caFile?: string | undefined }
}

/** @throws ConfigError when the file of an authority cannot be read */
export async function openMaster({ master, broker }: MasterSettings): Promise<MasterPlace> {
  const masters = createMasters(master.url.map((url) => wholeUrl(url)))
  const { urls } = masters
  const [ca, brokerCa] = await Promise.all([
    readCa('master.caFile', master.caFile),
    readCa('broker.caFile', broker.caFile),
  ])
  let last = createMasterTrust({ urls, ca })
  return {
    ...{ masters, brokerCa },
    trustOfNode: () => (last = createMasterTrust({ urls, ca })),
    last: { fetch: (...call) => last.fetch(...call), isKnown: () => last.isKnown() },
  }
}

async function readCa(key: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const message = `cannot be read (${(error as Error).message})`
    throw new ConfigError([{ key, where: path, message }])
  }
}
