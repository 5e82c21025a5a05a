import { WhenLost } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

export const whenLostHint =
  'keep, stop or replace; the last two with :SECONDS that it may run without the master (45 to 90)'

/** `keep`, `stop`, `replace:60`. */
export const parseWhenLost = (text: string): WhenLost => {
  const [policy, seconds, ...rest] = text.split(':')
  const stopAfterSeconds = seconds === undefined ? undefined : Number(seconds)
  const parsed = WhenLost.safeParse({ policy, ...(stopAfterSeconds !== undefined && { stopAfterSeconds }) })
  if (!parsed.success || rest.length > 0) throw new UsageError(`'${text}' is not ${whenLostHint}`)
  return parsed.data
}

/** As it is given. */
export const formatWhenLost = (whenLost: WhenLost | undefined): string =>
  !whenLost || whenLost.policy === 'keep' ? 'keep' : `${whenLost.policy}:${whenLost.stopAfterSeconds}`
