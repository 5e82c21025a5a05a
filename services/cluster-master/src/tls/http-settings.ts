import { z } from 'zod'

const both = { path: ['keyFile'], message: 'certificateFile and keyFile belong together' }

/** Where the API listens, and whether it encrypts. config/cluster-master.example.yaml explains them. */
export const HttpSettings = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.number().int().min(0).max(65535).default(8080),
    /** `auto`: where others than this host reach it. */
    tls: z.enum(['auto', 'on', 'off']).default('auto'),
    /** PEM: the certificate and those between it and its root. The cloudlet's own CA issues one when left out. */
    certificateFile: z.string().min(1).optional(),
    keyFile: z.string().min(1).optional(),
    /** More names and addresses for the certificate that the cloudlet's own CA issues. */
    names: z.array(z.string().min(1)).default([]),
    /** Whether who listens to the network may read tokens and documents. */
    allowPlain: z.boolean().default(false),
  })
  .refine(({ certificateFile, keyFile }) => !certificateFile === !keyFile, both)
export type HttpSettings = z.output<typeof HttpSettings>
