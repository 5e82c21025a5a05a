import { join } from 'node:path'
import { z } from 'zod'
import { SiteId, splitUrls, wholeUrl } from '@bramble/contracts'
import { logLevels, secret } from '@bramble/kit'
import { BusSettings } from './bus-settings.ts'
import { MasterConfig } from './config.ts'
import { tlsMistakeOf } from './tls/judge-tls.ts'

const PublicUrl = z
  .string()
  .refine(
    (given) => splitUrls(given).every((url) => /^(https?:)?\/\/[^/]/.test(url)),
    'must begin with http://, https://, or // for the one of them that the API speaks',
  )
  .refine((given) => splitUrls(given).every((url) => URL.canParse(wholeUrl(url))), 'is no URL')

/** Settings of the master as a process of its own; config/cluster-master.example.yaml explains them. */
export const MasterSettings = MasterConfig.extend({
  log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
  /** Where clients and agents reach the API, several masters joined by commas; what it listens at when left out. */
  publicUrl: PublicUrl.optional(),
  store: z
    .strictObject({
      kind: z.enum(['mongodb', 'sqlite']).default('mongodb'),
      uri: secret(z.string().regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb://')).default(
        'mongodb://127.0.0.1:27017/bramble',
      ),
      /** Of the SQLite database; below dataDir when left out. */
      path: z.string().min(1).optional(),
    })
    .prefault({}),
  bus: BusSettings.prefault({}),
  /** Discovery services of this cloudlet; how each reaches the broker is left for it in `accessDir`, below dataDir if not told else. */
  discovery: z
    .strictObject({ sites: z.array(SiteId).default([]), accessDir: z.string().min(1).optional() })
    .prefault({}),
  /** Keys and certificates of the cloudlet; below dataDir when left out. */
  identity: z.strictObject({ dir: z.string().min(1).optional() }).prefault({}),
  /** Left there once, readable by its owner alone; below dataDir when left out. */
  firstAdminTokenFile: z.string().min(1).optional(),
}).superRefine((settings, context) => {
  const mistake = tlsMistakeOf(settings)
  if (mistake) context.addIssue({ code: 'custom', ...mistake })
})
export type MasterSettings = z.output<typeof MasterSettings>

/** Where the master keeps what it keeps. */
export function placesOf({ dataDir, store, identity, discovery, firstAdminTokenFile }: MasterSettings) {
  return {
    sqlite: store.path ?? join(dataDir, 'bramble.sqlite'),
    blobs: join(dataDir, 'blobs'),
    identity: identity.dir ?? join(dataDir, 'identity'),
    siteAccess: discovery.accessDir ?? join(dataDir, 'discovery'),
    firstAdminToken: firstAdminTokenFile ?? join(dataDir, 'first-admin-token'),
  }
}
