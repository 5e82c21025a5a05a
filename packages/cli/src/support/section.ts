import type { Session } from '../context/session.ts'
import type { Host } from '../host/host.ts'
import type { Places } from '../host/logs.ts'

/** What a bundle is made from. */
export interface Source {
  session: Session
  host: Host
  places: Places
}

/** A file of the bundle, as it was read: secrets are still in it. */
export interface BundleFile {
  /** `logs/embedded.log` */
  name: string
  text: string
}

/** Some files of the bundle. What cannot be read is said in the file instead, and the others are there. */
export type Section = (source: Source) => Promise<BundleFile[]>

export const jsonFile =
  (name: string, read: (source: Source) => Promise<unknown>): Section =>
  async (source) => {
    const value = await read(source).catch((error: Error) => ({ unavailable: error.message }))
    return [{ name, text: `${JSON.stringify(value, null, 2)}\n` }]
  }
