import type { Service, UpdateService, Variant } from '@bramble/contracts'

/** A merge patch (RFC 7396) applied; the variants' overlays were found before. */
export function mergeService(service: Service, patch: UpdateService, variants: Variant[] | undefined): Service {
  const { resources, probe, variants: _named, ...plain } = patch
  const merged = { ...service, ...plain, ...(variants && { variants }) }
  if (resources) {
    merged.resources = {
      min: { ...service.resources.min, ...resources.min },
      ideal: { ...service.resources.ideal, ...resources.ideal },
    }
  }
  if (probe) merged.probe = probe
  if (probe === null) delete merged.probe
  return merged
}
