import { join } from 'node:path'
import { z } from 'zod'
import { amqpSchemes, isPlainBeyondLoopback, SiteId, splitUrls, wholeUrl } from '@bramble/contracts'
import { logLevels, secret } from '@bramble/kit'
import { MasterConfig } from './config.ts'
import { tlsMistakeOf } from './tls/judge-tls.ts'

const AmqpUrl = z.string().regex(/^amqps?:\/\/./, 'must begin with amqp:// or amqps://')
const PublicAmqpUrl = z
  .string()
  .regex(/^(amqps?:)?\/\/./, 'must begin with amqp://, amqps://, or // for amqps beyond loopback')
const plainBus = (url: string) =>
  `is without TLS where agents reach the broker (${url}): name an amqps:// address, or say bus.allowPlain: true ` +
  'when the network is yours alone'
const hasUser = (url: string) => URL.canParse(url) && new URL(url).username !== ''

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
  bus: z
    .strictObject({
      url: secret(AmqpUrl.refine(hasUser, 'must name a user: the broker lets no guest in')).default(
        'amqp://bramble@127.0.0.1:5672',
      ),
      /** Where agents reach the broker, without credentials; that of `url` when left out. */
      publicUrl: PublicAmqpUrl.refine(
        (url) => !hasUser(wholeUrl(url, amqpSchemes)),
        'must be without user and password',
      ).optional(),
      /** PEM: the authority of the broker's certificate, for `url`; what Node trusts when left out. */
      caFile: z.string().min(1).optional(),
      /** Whether agents may reach it without TLS. */
      allowPlain: z.boolean().default(false),
      /** Through which nodes get their users and queues; what is left out is taken from `url`. */
      management: z
        .strictObject({
          url: z.url().optional(),
          user: z.string().min(1).optional(),
          password: secret(z.string().min(1)).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
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
  // What is no URL was told already.
  if (!URL.canParse(settings.bus.url)) return
  const { publicUrl } = brokerOf(settings.bus)
  if (!settings.bus.allowPlain && isPlainBeyondLoopback(publicUrl, amqpSchemes))
    context.addIssue({ code: 'custom', path: ['bus', 'publicUrl'], message: plainBus(publicUrl) })
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

/** How the broker is reached: by the master, by its management, and by agents, who bring credentials of their own. */
export function brokerOf({ url, publicUrl, management }: MasterSettings['bus']) {
  const { username, password, hostname, protocol, pathname } = new URL(url)
  const own = { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  const managed = protocol === 'amqps:' ? `https://${hostname}:15671` : `http://${hostname}:15672`
  return {
    url,
    publicUrl: publicUrl ? wholeUrl(publicUrl, amqpSchemes) : withoutCredentials(url),
    management: {
      managementUrl: management.url ?? managed,
      user: management.user ?? own.user,
      password: management.password ?? own.password,
      vhost: decodeURIComponent(pathname.slice(1)) || '/',
    },
  }
}

function withoutCredentials(url: string): string {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare.toString()
}
