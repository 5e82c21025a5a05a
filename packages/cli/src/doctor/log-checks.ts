import { type Check, failed, ok } from './check.ts'

// What only a log tells: reasons for which a process ended, or could not begin.

const hourMs = 3_600_000

/** What was written since the process last served: there it says why it does not. */
const sinceServing = (log: string): string => log.slice(log.lastIndexOf('"msg":"serving"') + 1)

/** Lines of the last hour, and lines that do not tell their time. */
const sinceAnHour = (log: string, now: Date): string => {
  const since = new Date(now.getTime() - hourMs).toISOString()
  return log
    .split('\n')
    .filter((line) => (/"time":"([^"]+)"/.exec(line)?.[1] ?? since) >= since)
    .join('\n')
}

const told = (id: string, pattern: RegExp, advice: string, period: typeof sinceAnHour = sinceServing): Check => ({
  id,
  find: async ({ logs, host }) => {
    const found = (await logs()).map((log) => pattern.exec(period(log, host.now()))?.[0]).find(Boolean)
    return found ? failed(`a log of this host says: ${found}`, advice) : ok('not in the logs of this host')
  },
})

export const logChecks: Check[] = [
  told('state-in-use', /[^"\n]*another process has it open/, 'Stop the other one: scripts/down, then scripts/up.'),
  told(
    'ledger-damaged',
    /cannot read [^"\n]*of the ledger/,
    'Restore that file, or move it away: its VM is then unknown and will be removed.',
  ),
  told(
    'store-newer',
    /the store was written by a newer Bramble[^"\n]*/,
    'Start that version again, or restore the backup from before the upgrade.',
  ),
  told(
    'store-replaced',
    /the master sends documents of epoch [^"\n]*/,
    'Put the store back; or, to begin anew, scripts/down --purge.',
    sinceAnHour,
  ),
  told('lease-lost', /the lease is lost/, 'It waits for its turn when it is started again; see the log of the store.'),
  told(
    'children-unreaped',
    /[^"\n]*Failed to terminate process/,
    'PID 1 of the container does not reap children: start it with an init (docker run --init).',
    sinceAnHour,
  ),
]
