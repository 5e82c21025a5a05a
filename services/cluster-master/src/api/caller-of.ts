import type { Caller } from '../master.ts'

export const callerOf = (call: { principal: { tokenId: string }; requestId: string }): Caller => ({
  tokenId: call.principal.tokenId,
  requestId: call.requestId,
})
