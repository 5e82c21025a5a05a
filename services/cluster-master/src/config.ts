import { z } from 'zod'
import { SiteId } from '@bramble/contracts'
import { secret } from '@bramble/kit'
import { policyNames } from './domain/policies.ts'
import { HttpSettings } from './tls/http-settings.ts'

const seconds = (initial: number) => z.number().int().min(1).default(initial)

/** Settings of the master, each with the value that it has when it is left out. */
export const MasterConfig = z
  .object({
    http: HttpSettings.prefault({}),
    metrics: z
      .object({ token: secret(z.string().regex(/^[\w.~+/=-]{16,}$/, 'at least 16 letters and digits')).optional() })
      .strict()
      .prefault({}),
    dataDir: z.string().default('/var/lib/bramble'),
    /** The testbed's description, followed while the master runs; it need not be there. */
    descriptionFile: z.string().min(1).optional(),
    placement: z
      .object({
        policy: z.enum(policyNames).default('least-reserved'),
        cpuOvercommit: z.number().min(1).max(1000).default(16),
      })
      .strict()
      .prefault({}),
    events: z
      .object({ keep: z.number().int().min(100).default(100_000) })
      .strict()
      .prefault({}),
    idempotency: z
      .object({ keepSeconds: seconds(86_400) })
      .strict()
      .prefault({}),
    agent: z
      .object({ timeoutSeconds: seconds(10) })
      .strict()
      .prefault({}),
    discovery: z
      .object({ sites: z.array(SiteId).default([]) })
      .strict()
      .prefault({}),
    limits: z
      .object({
        blobBytes: z
          .number()
          .int()
          .min(1)
          .default(64 * 2 ** 30),
      })
      .strict()
      .prefault({}),
  })
  .strict()
export type MasterConfig = z.infer<typeof MasterConfig>
