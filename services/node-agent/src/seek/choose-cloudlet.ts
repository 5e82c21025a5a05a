import type { FoundService } from '@bramble/mdns'

/** The address of the one cloudlet that was found. @throws when there are several, or it does not say how it is reached */
export function chooseCloudlet(found: readonly FoundService[]): string {
  const [only, ...others] = found
  if (!only) throw new Error('no cloudlet was found')
  if (others.length > 0) {
    const names = found.map((it) => `${it.label} at ${it.addresses[0]}:${it.port}`).join(', ')
    throw new Error(`several cloudlets tell of themselves, set master.url to the one that is meant: ${names}`)
  }
  const { encryption } = only.txt
  if (encryption !== 'none' && encryption !== 'tls')
    throw new Error(`the cloudlet ${only.label} does not say whether it is reached by HTTP or HTTPS: set master.url`)
  return `${encryption === 'tls' ? 'https' : 'http'}://${only.addresses[0]}:${only.port}`
}
