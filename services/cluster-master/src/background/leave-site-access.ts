import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteBrokerAccess, SiteId } from '@bramble/contracts'
import { writeDurably } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { SiteAccess } from '../app/node-access.ts'

export interface LeaveSiteAccess {
  sites: readonly SiteId[]
  access: SiteAccess
  brokerUrls: string[]
  caCertificate: string
  folder: string
}

/** Leaves for each discovery service what it connects to the broker with, once in the life of the process. */
export function leaveSiteAccess({ sites, access, brokerUrls, caCertificate, folder }: LeaveSiteAccess): TaskDefinition {
  const open = new Set(sites)
  return {
    name: 'leave-site-access',
    periodMs: 600_000,
    run: async () => {
      if (open.size > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
      for (const site of open) {
        const left: SiteBrokerAccess = { urls: brokerUrls, caCertificate, ...(await access.grantSite(site)) }
        const path = join(folder, `${site}.json`)
        await writeDurably(`${JSON.stringify(left)}\n`, { path, through: `${path}.partial` })
        open.delete(site)
      }
    },
  }
}
