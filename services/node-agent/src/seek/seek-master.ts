// How a host without a master's address comes to one: it listens on the interface that its settings name until a cloudlet
// tells of itself, and a little longer, so that two are not taken for one. While it has no join token it tells of itself, so
// that an admin sees that it waits, and looks for the token in a file.
import { machine } from 'node:os'
import { readFile } from 'node:fs/promises'
import { serviceTypes } from '@bramble/contracts'
import { waitFor } from '@bramble/kit'
import type { Clock, Logger } from '@bramble/kit'
import { startStation } from '@bramble/mdns'
import type { Station, StationOptions } from '@bramble/mdns'
import { chooseCloudlet } from './choose-cloudlet.ts'

export interface SeekMaster {
  interfaceName: string
  /** What it would like to be called. */
  node: string
  /** Where it will listen. */
  port: number
  version: string
  /** A token that lies there is taken; undefined when none is needed. */
  tokenFile: string | undefined
  clock: Clock
  logger: Logger
  stopping: AbortSignal
  /** For tests: a network in memory. */
  network?: Pick<StationOptions, 'open' | 'addressesOf'>
  pollMs?: number
}

export interface SoughtMaster {
  url: string
  token: string | undefined
}

/** Answers to one question come within a second. */
const settleMs = 3000
const lookEveryMs = 2000

/** Resolves once there is a token, if one is needed, and one cloudlet. @throws when there are several */
export async function seekMaster(seek: SeekMaster): Promise<SoughtMaster> {
  const { interfaceName, clock, network } = seek
  const station = startStation({ interfaceName, types: [serviceTypes.cloudlet], clock, ...network })
  try {
    const token = seek.tokenFile === undefined ? undefined : await awaitToken(seek.tokenFile, station, seek)
    station.offer(undefined)
    return { url: await awaitCloudlet(station, seek), token }
  } finally {
    await station.stop()
  }
}

async function awaitToken(path: string, station: Station, seek: SeekMaster): Promise<string> {
  const { node: label, port, version, logger } = seek
  for (let isTold = false; ; await pause(seek)) {
    const token = (await readFile(path, 'utf8').catch(() => '')).trim()
    if (token !== '') return token
    if (isTold) continue
    isTold = true
    station.offer({ type: serviceTypes.agent, label, port, txt: { version, arch: machine() }, found: 'anywhere' })
    logger.warn({ tokenFile: path }, 'there is no join token: the network is told that this host waits for one')
  }
}

async function awaitCloudlet(station: Station, seek: SeekMaster): Promise<string> {
  const { clock, logger, interfaceName } = seek
  let foundAtMs: number | undefined
  for (let tries = 0; ; tries++, await pause(seek)) {
    const found = station.found(serviceTypes.cloudlet)
    if (found.length === 0) {
      foundAtMs = undefined
      if (tries === 1) logger.warn({ interface: interfaceName }, 'no cloudlet is heard of yet')
      continue
    }
    foundAtMs ??= clock.monotonicMs()
    if (clock.monotonicMs() - foundAtMs < settleMs) continue
    const url = chooseCloudlet(found)
    logger.info({ cloudlet: found[0]!.label, url }, 'found a cloudlet')
    return url
  }
}

async function pause({ stopping, pollMs = lookEveryMs }: SeekMaster): Promise<void> {
  await waitFor(pollMs, stopping)
  stopping.throwIfAborted()
}
