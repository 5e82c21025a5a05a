import { containerChecks } from './container-checks.ts'
import { catalogueChecks } from './catalogue-checks.ts'
import type { Check, Finding } from './check.ts'
import { hostChecks } from './host-checks.ts'
import { instanceChecks } from './instance-checks.ts'
import { logChecks } from './log-checks.ts'
import type { Look } from './look.ts'
import { masterChecks } from './master-checks.ts'
import { nodeChecks } from './node-checks.ts'

/** Every symptom, in the order in which they are looked into. A new one also needs its paragraph in troubleshooting.md. */
export const checks: Check[] = [
  ...masterChecks,
  ...nodeChecks,
  ...catalogueChecks,
  ...instanceChecks,
  ...hostChecks,
  ...logChecks,
  ...containerChecks,
]

export type Diagnosis = Finding & Pick<Check, 'id'>

const examine = async ({ id, find }: Check, look: Look): Promise<Diagnosis> => {
  try {
    return { id, ...(await find(look)) }
  } catch (error) {
    return { id, result: 'unknown', detail: `could not look: ${(error as Error).message}` }
  }
}

/** What each check found; nothing is changed. */
export const diagnose = (look: Look): Promise<Diagnosis[]> => Promise.all(checks.map((check) => examine(check, look)))
