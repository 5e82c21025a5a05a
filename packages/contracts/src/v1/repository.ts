/** The master's repositories under /v2: manifests of bases and overlays, and disks to boot from. */
export const repositories = ['bases', 'overlays', 'disks'] as const
export type Repository = (typeof repositories)[number]
