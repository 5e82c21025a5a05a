import type { Look } from './look.ts'

export interface Finding {
  /** `unknown`: it could not be looked at, which is no symptom by itself. */
  result: 'ok' | 'warning' | 'failed' | 'unknown'
  detail: string
  advice?: string
}

/** A symptom and how it is found. Each has its own paragraph, under its id, in docs/howto/troubleshooting.md. */
export interface Check {
  /** What is wrong when it is found, `store-down`. */
  id: string
  /** A rejection makes it `unknown`: checks ask without looking whether there is an answer. */
  find: (look: Look) => Promise<Finding>
}

export const ok = (detail: string): Finding => ({ result: 'ok', detail })
/** Something to know: it may be as it should. */
export const warning = (detail: string, advice: string): Finding => ({ result: 'warning', detail, advice })
/** Something to mend. */
export const failed = (detail: string, advice: string): Finding => ({ result: 'failed', detail, advice })
