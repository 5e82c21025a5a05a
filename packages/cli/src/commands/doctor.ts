import { exitCodes } from '@bramble/contracts'
import type { Command } from 'commander'
import { type Check, checks } from '../doctor/checks.ts'
import type { Session } from '../context/session.ts'
import { ExitError } from '../exit-code.ts'
import { withSession } from './verbs.ts'

const marks = { ok: 'ok', warning: 'warning', failed: 'FAILED' }

const run = async (session: Session): Promise<void> => {
  const findings = await Promise.all(
    checks.map(async (check: Check) => ({ name: check.name, ...(await check.run(session)) })),
  )
  session.output.items(findings, {
    nameOf: (it) => it.name,
    columns: [
      { name: 'check', text: (it) => it.name },
      { name: 'result', text: (it) => marks[it.result] },
      { name: 'detail', text: (it) => it.detail },
      { name: 'advice', text: (it) => it.advice ?? '' },
    ],
  })
  if (findings.some((it) => it.result === 'failed')) throw new ExitError(exitCodes.failed)
}

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('look for what commonly goes wrong on this host and with the master')
    .action(withSession((session) => run(session)))
}
