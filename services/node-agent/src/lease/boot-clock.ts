import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** Time that goes on while the agent is restarted and while the host sleeps, and that nobody sets. */
export interface BootClock {
  /** Names the boot from which it counts. */
  bootId: string
  nowMs(): number
}

/** CLOCK_BOOTTIME, as of /proc/uptime; Node's own monotonic clock stands still in a suspended host. */
export const systemBootClock = (): BootClock => ({
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  nowMs: () => uptime() * 1000,
})
