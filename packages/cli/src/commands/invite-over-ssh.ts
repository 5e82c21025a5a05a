import type { CreatedInvitation, InvitationId } from '@bramble/contracts'
import { exitCodes } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { ExitError, UsageError } from '../exit-code.ts'
import { parseHosts } from '../join/host.ts'
import type { Host } from '../join/host.ts'
import type { Outcome } from '../join/join-host.ts'
import { joinHosts } from '../join/join-hosts.ts'
import { createPack, findCheckout } from '../join/pack-checkout.ts'
import { createRunSsh } from '../join/run-ssh.ts'
import { openWelcome } from '../join/welcome.ts'
import type { Welcome } from '../join/welcome.ts'
import type { Shape } from '../output/format.ts'
import { openHostProgress } from '../output/host-progress.ts'
import { parseDurationMs } from '../parse/duration.ts'
import { bodyOf, collect, warnOfLoopback } from './invite-body.ts'
import type { InviteFlags } from './invite-body.ts'

export interface SshFlags extends InviteFlags {
  ssh?: string[]
  sshOption?: string[]
  nameFromHost?: boolean
  parallel?: string
  timeout?: string
  remoteDir?: string
  copy: boolean
  driver?: string
  service?: boolean
}

const describe = (it: Outcome): string => {
  if (it.result === 'failed') return `failed: ${it.reason}`
  return it.result === 'joined' ? `joined as ${it.node}` : `joined as ${it.node}, waits for approval`
}

const outcomeShape: Shape<Outcome> = {
  nameOf: (it) => (it.result === 'failed' ? '' : it.node),
  columns: [
    { name: 'host', text: (it) => it.host },
    { name: 'result', text: describe },
  ],
}

const longestInvitationMs = 600_000

/** Joins them all, tells of each, and ends with 8 when only some joined. */
export const inviteOverSsh = async (session: Session, name: string | undefined, flags: SshFlags): Promise<void> => {
  const hosts = hostsOf(name, flags)
  const parallel = numberOf(flags.parallel ?? '8')
  const timeoutMs = parseDurationMs(flags.timeout ?? '15m')
  const progress = openHostProgress(session.flags.quiet)
  let waiting = hosts.length
  const welcome = await openWelcomeFor(session, { name, flags, waiting: () => waiting })
  warnOfLoopback(session, welcome.masterUrl)
  const onOutcome = (outcome: Outcome) => {
    waiting--
    progress.done(outcome.host, describe(outcome))
  }
  const outcomes = await joinHosts(
    { hosts, parallel, onOutcome },
    {
      plan: {
        folder: flags.remoteDir ?? '~/bramble',
        driver: flags.driver ?? 'libvirt',
        service: flags.service ?? false,
      },
      ssh: createRunSsh(flags.sshOption ?? []),
      ...(flags.copy && { pack: createPack(findCheckout(session.env)) }),
      welcome,
      timeoutMs,
      onStep: progress.show,
    },
  )
  await welcome.close()
  report(session, outcomes)
}

const hostsOf = (name: string | undefined, flags: SshFlags): Host[] => {
  if (flags.uses !== undefined || flags.docker) throw new UsageError('--uses and --docker do not go with --ssh')
  const hosts = parseHosts(flags.ssh!, flags.nameFromHost)
  if (name !== undefined && hosts.length > 1)
    throw new UsageError(`the name ${name} holds for one host; with more, use --name-from-host`)
  return hosts
}

const numberOf = (text: string): number => {
  const parallel = Number(text)
  if (!Number.isInteger(parallel) || parallel < 1) throw new UsageError(`--parallel ${text}: write a number from 1 on`)
  return parallel
}

interface ToInvite {
  name: string | undefined
  flags: SshFlags
  waiting: () => number
}

const openWelcomeFor = ({ client, output }: Session, { name, flags, waiting }: ToInvite): Promise<Welcome> => {
  const lifetimeMs = flags.expires === undefined ? longestInvitationMs : parseDurationMs(flags.expires)
  const create = (uses: number) => client.invitations.create({ body: { ...bodyOf(name, flags), uses } })
  const takeBack = async ({ id, uses }: CreatedInvitation['invitation']) => {
    const params = { invitation: id as InvitationId }
    try {
      if ((await client.invitations.show({ params })).used < uses) await client.invitations.remove({ params })
    } catch (error) {
      output.say(`note: the invitation ${id} is left until it expires: ${(error as Error).message}`)
    }
  }
  return openWelcome({ create, takeBack, waiting, lifetimeMs, masterUrl: client.url.replace(/\/+$/, '') })
}

const report = ({ output }: Session, outcomes: Outcome[]): void => {
  output.items(outcomes, outcomeShape)
  const failed = outcomes.filter((it) => it.result === 'failed').length
  if (failed > 0) throw new ExitError(failed < outcomes.length ? exitCodes.partial : exitCodes.failed)
}

const needSsh = ['sshOption', 'nameFromHost', 'parallel', 'timeout', 'remoteDir', 'driver', 'service'] as const

/** @throws when a flag is given that only --ssh has a use for */
export const refuseWithoutSsh = (flags: SshFlags): void => {
  if (!flags.copy || needSsh.some((flag) => flags[flag] !== undefined))
    throw new UsageError('this says how hosts are joined over ssh: name them with --ssh')
}

export const addSshFlags = (command: Command): Command =>
  command
    .option('--ssh <hosts...>', 'join these hosts over ssh now: user@pi-07, user@pi[01-16]')
    .option('--ssh-option <option>', 'for ssh, as its -o takes it: Port=2222 (repeat for more)', collect)
    .option('--name-from-host', 'nodes are called as the hosts are called here, not as they call themselves')
    .option('--parallel <n>', 'how many hosts at the same time (default: 8)')
    .option('--timeout <duration>', 'how long one host may take (default: 15m)')
    .option('--remote-dir <folder>', 'where the checkout is there, or is brought to (default: ~/bramble)')
    .option('--no-copy', 'bring no checkout: it is there')
    .option('--driver <name>', 'libvirt (default), or simulated')
    .option('--service', 'with systemd units, which start the agents again after a reboot')
