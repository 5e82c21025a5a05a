import { availableParallelism, loadavg, totalmem } from 'node:os'

/** The conditions of a measurement, in general terms. */
export const describeMachine = (): string =>
  `${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}; ${describeLoad()}`

/** Near 0 where nothing else ran: others' work makes absolute figures worse, ratios of one run less so. */
export const describeLoad = (): string => `load average ${loadavg()[0]!.toFixed(1)}`
