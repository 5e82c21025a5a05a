/** The CLI's exit codes, by what they say; docs/reference/exit-codes.md is made of this table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  permission: 3,
  notFound: 4,
  conflict: 5,
  timeout: 6,
  unreachable: 7,
  partial: 8,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodeMeanings: Record<keyof typeof exitCodes, string> = {
  ok: 'done',
  failed: 'failed',
  usage: 'the command or its input is wrong',
  permission: 'no valid token, or it may not do this',
  notFound: 'there is no such thing',
  conflict: 'it conflicts with what there is',
  timeout: 'not done in the time given; the operation goes on, its id is printed',
  unreachable: 'the cloudlet, or something it needs, does not answer',
  partial: 'some of several targets failed',
  interrupted: 'interrupted (Ctrl-C)',
}
