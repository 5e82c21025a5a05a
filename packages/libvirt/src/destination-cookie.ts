export type DestinationIdentity = {
  /** Of the domain. */
  name: string
  uuid: string
  /** Of the machine that claims to be at the other end. */
  hostname: string
  /** Must differ from the host's own: libvirt refuses to migrate to itself. */
  hostUuid: string
}

/**
 * The smallest migration cookie that libvirt accepts from the other side: XML with a final NUL. Needed because libvirtd 11.3 dies of a
 * NULL dereference when Prepare or Perform get an empty one. Source: src/qemu/qemu_migration_cookie.c of libvirt.
 */
export function destinationCookie({ name, uuid, hostname, hostUuid }: DestinationIdentity): Buffer {
  const fields = { name, uuid, hostname, hostuuid: hostUuid }
  const elements = Object.entries(fields).map(([tag, text]) => `<${tag}>${escapeXml(text)}</${tag}>`)
  return Buffer.from(`<qemu-migration>${elements.join('')}</qemu-migration>\0`)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character]!)
}
