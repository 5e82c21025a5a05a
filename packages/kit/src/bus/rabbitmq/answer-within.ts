import { unavailable } from './broker-problem.ts'

/** A broker that hangs answers never: what it is asked fails with `unavailable` instead. */
export async function answerWithin<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(unavailable(`The broker did not answer within ${limitMs} ms.`)), limitMs)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

const goodbyeMs = 1000

/** A goodbye is a courtesy: its failure is none, and a broker that hangs is not waited for. */
export async function sayGoodbye(closing: Promise<unknown>): Promise<void> {
  await answerWithin(goodbyeMs, closing).catch(() => {})
}
