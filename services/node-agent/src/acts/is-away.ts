import { ProblemError } from '@bramble/kit'

/**
 * Whether what an act depends on is down: the hypervisor restarts, the master does not serve. That says nothing about the
 * instance, whose VM may run on unseen: the act throws, its job rests, and the next plan goes by what is there then.
 */
export const isAway = (error: unknown): boolean => error instanceof ProblemError && error.code === 'unavailable'
