import { z } from 'zod'
import type { ExitCode } from './exit-code.ts'

// The one list of what can go wrong: HTTP status, exit code of the CLI, meaning, and what to do about it.
// Adding a code: write it here; `pnpm generate` puts it into docs/reference/problems.md and the OpenAPI document.

export interface ProblemKind {
  /** HTTP status of the answer. */
  status: number
  /** Exit code of the CLI (docs/reference/exit-codes.md). */
  exitCode: Exclude<ExitCode, 0 | 8 | 130>
  meaning: string
  hint: string
}

const kind = (status: number, exitCode: ProblemKind['exitCode'], meaning: string, hint: string): ProblemKind => ({
  status,
  exitCode,
  meaning,
  hint,
})

export const problems = {
  // Asking
  invalid_input: kind(
    400,
    2,
    'The request does not have the shape this route takes.',
    'Correct the fields listed in errors.',
  ),
  malformed_json: kind(400, 2, 'The body is not JSON.', 'Send a JSON document with Content-Type: application/json.'),
  unauthenticated: kind(
    401,
    3,
    'No valid token came with the request.',
    'Log in with `bramble login`, or set BRAMBLE_TOKEN.',
  ),
  forbidden: kind(
    403,
    3,
    'The token does not carry a role that may do this.',
    'Use a token with one of the roles in missingPermission.',
  ),
  route_not_found: kind(404, 4, 'There is no such route.', 'Routes are listed at /docs and in /v1/openapi.json.'),
  not_found: kind(404, 4, 'There is no such thing.', 'List what there is, for example `bramble instance list`.'),
  body_too_large: kind(
    413,
    2,
    'The request body is larger than this route takes.',
    'Send large bytes as blobs under /v2.',
  ),
  name_taken: kind(409, 5, 'The name is in use.', 'Choose another name, or delete what holds it.'),
  in_use: kind(409, 5, 'Something still uses it.', 'Delete the users named in the detail first.'),
  wrong_state: kind(409, 5, 'Its present state does not allow this.', 'See its status, and wait or choose another.'),
  managed_by_file: kind(
    409,
    5,
    'The description of the testbed says this.',
    'Change it in the file that the hint names, and apply that: `bramble apply -f FILE`.',
  ),
  revision_mismatch: kind(412, 5, 'It changed since you read it.', 'Read it again and repeat your change.'),
  idempotency_key_reused: kind(
    422,
    5,
    'The Idempotency-Key was used with another body.',
    'Use a fresh key for a new request.',
  ),
  idempotency_key_running: kind(
    409,
    5,
    'The first request with this Idempotency-Key is still running.',
    'Wait for the operation in the detail.',
  ),
  too_many_requests: kind(429, 1, 'Too many requests at once.', 'Wait as Retry-After says and try again.'),
  event_gap: kind(
    410,
    5,
    'The events asked for are no longer kept.',
    'Read the present state, then follow events from now on.',
  ),
  // Placing
  no_node_fits: kind(
    409,
    5,
    'No node can take the instance.',
    'The detail says why for each node; free resources or add a node.',
  ),
  insufficient_memory: kind(
    409,
    5,
    'The node has too little free memory.',
    'Delete instances, or use a node with more memory.',
  ),
  insufficient_disk: kind(
    409,
    5,
    'The node has too little free disk space.',
    'Free space in its state folder, or use another node.',
  ),
  cpu_model_unavailable: kind(
    409,
    5,
    'The node cannot provide the CPU model.',
    'Choose a model from `bramble node show`, or another node.',
  ),
  machine_mismatch: kind(
    409,
    5,
    'The node does not match the machine the base was taken on.',
    'Use a node whose accelerator, machine type and QEMU fit (see the detail).',
  ),
  port_taken: kind(409, 5, 'The host port is taken.', 'Choose another port, or leave it out to get a free one.'),
  port_unusable: kind(
    409,
    5,
    'The node cannot bind the host port.',
    'Check the address of its ports (node.address); ports below 1024 need privileges.',
  ),
  // Joining
  not_joinable: kind(
    409,
    5,
    'This cloudlet takes no other hosts.',
    'It is the embedded one; run the suite (compose.yaml) to have more than one node.',
  ),
  join_token_unknown: kind(
    403,
    3,
    'There is no such invitation.',
    'Check that the whole token was copied, or invite again: `bramble node invite`.',
  ),
  join_token_expired: kind(403, 3, 'The invitation has expired.', 'Invite again: `bramble node invite`.'),
  join_token_used: kind(
    403,
    3,
    'The invitation is used up.',
    'If your host did not join, somebody else has the token: see `bramble node list`, retire what is not yours, and invite again.',
  ),
  csr_invalid: kind(
    422,
    2,
    'The certificate request cannot be accepted.',
    'Sign it with the EC P-256 or Ed25519 key that it is for.',
  ),
  not_approved: kind(409, 5, 'The node is not approved.', 'Approve it: `bramble node approve`.'),
  // Trusting
  certificate_untrusted: kind(
    502,
    3,
    'Who answers has no certificate of the authority that is trusted.',
    'See that the address is right; `bramble system ca` on the master tells the fingerprint of its authority.',
  ),
  certificate_expired: kind(
    502,
    3,
    'The certificate of who answers has expired, or is not valid yet.',
    'Compare the clocks of both hosts; a certificate that was given to the master has to be replaced there.',
  ),
  certificate_of_another: kind(
    502,
    3,
    'The certificate of who answers is not for this address.',
    'Use an address that the certificate names, or add this one to http.names of the master.',
  ),
  not_encrypted: kind(
    400,
    2,
    'One of the two sides speaks TLS, and the other one does not.',
    'Write https:// for an address that other hosts reach, http:// for loopback.',
  ),
  node_certificate_refused: kind(
    403,
    3,
    'The token of a node came without a certificate of that node which counts.',
    'See `bramble node show`; a node that was retired has to be invited again.',
  ),
  // Images
  disk_not_an_image: kind(422, 2, 'The file is not a qcow2 image.', 'Convert it: qemu-img convert -O qcow2 IN OUT.'),
  disk_truncated: kind(422, 2, 'The image ends before its tables do.', 'Copy the image again and compare checksums.'),
  disk_has_backing_file: kind(
    422,
    2,
    'The image refers to a backing file.',
    'Flatten it: qemu-img convert -O qcow2 IN OUT.',
  ),
  disk_has_data_file: kind(
    422,
    2,
    'The image keeps its data in another file.',
    'Flatten it: qemu-img convert -O qcow2 IN OUT.',
  ),
  disk_encrypted: kind(422, 2, 'The image is encrypted.', 'Decrypt it with qemu-img convert first.'),
  disk_too_large: kind(422, 2, 'The virtual disk is larger than allowed.', 'Shrink the disk to 64 GiB at most.'),
  disk_unsupported: kind(
    422,
    2,
    'The image uses a feature that is not supported.',
    'Rewrite it: qemu-img convert -O qcow2 IN OUT.',
  ),
  // Bases and overlays
  base_unknown: kind(
    409,
    5,
    'The base that the overlay was made on is not in this cloudlet.',
    'Import the base named in the detail first.',
  ),
  manifest_invalid: kind(
    422,
    2,
    'The manifest is not one of a base or an overlay.',
    'Push it again with the tool that made it.',
  ),
  overlay_corrupt: kind(
    422,
    1,
    'The overlay does not match its digests.',
    'Push the overlay again from where it was made.',
  ),
  base_corrupt: kind(422, 1, 'The base does not match its digests.', 'Push the base again from where it was made.'),
  digest_mismatch: kind(400, 2, 'The bytes received do not have the digest named.', 'Send them again.'),
  blob_unknown: kind(404, 4, 'There is no such blob.', 'Push it first under /v2/<name>/blobs/uploads/.'),
  blob_too_large: kind(413, 2, 'The blob is larger than allowed.', 'Raise limits.blobBytes, or make it smaller.'),
  upload_range: kind(
    416,
    5,
    'The chunk does not begin where the upload stands.',
    'Ask the upload for its Range and go on from there.',
  ),
  // Instances
  guest_not_ready: kind(
    504,
    6,
    'The guest did not answer its probe in time.',
    'Read its console: `bramble instance console NAME`.',
  ),
  guest_agent_missing: kind(
    409,
    5,
    'The base was made without a guest agent.',
    'Install qemu-guest-agent in the base and make it again.',
  ),
  guest_agent_failed: kind(
    502,
    1,
    'The guest agent did not do what was asked.',
    'See the detail; the console may tell more.',
  ),
  guest_stopped: kind(409, 1, 'The guest stopped by itself.', 'Read its console: `bramble instance console NAME`.'),
  lost_master: kind(
    409,
    1,
    'Its node stopped it, having been without the master for too long.',
    'With --when-lost replace it starts again by itself; else delete it and launch it anew.',
  ),
  hypervisor_failed: kind(
    502,
    1,
    'libvirt or QEMU refused.',
    'The detail carries their message; `bramble doctor` checks the host.',
  ),
  capture_interrupted: kind(409, 1, 'The capture was interrupted by a restart of the agent.', 'Start it again.'),
  operation_cancelled: kind(409, 1, 'The operation was cancelled.', 'Start it again when you want it.'),
  wait_timeout: kind(
    504,
    6,
    'It did not end in the time you gave it; it goes on.',
    'Wait again: `bramble operation wait ID`.',
  ),
  // The service itself
  agent_unreachable: kind(
    502,
    7,
    'The agent of the node cannot be reached.',
    'See `bramble node show`; its agent may be restarting.',
  ),
  agent_timeout: kind(
    504,
    6,
    'The agent of the node did not answer in time.',
    'See `bramble node show`; its host may be overloaded, or its agent hung.',
  ),
  unavailable: kind(
    503,
    7,
    'A service this needs is down.',
    'Try again as Retry-After says; /readyz names what is missing.',
  ),
  not_serving: kind(
    503,
    7,
    'This master does not serve: it waits for the lease that another one has, or for what it needs.',
    'Ask the other master, or try again as Retry-After says; /readyz names what is missing.',
  ),
  storage_full: kind(507, 1, 'The master has too little disk space left.', 'Free space in its state folder.'),
  internal: kind(500, 1, 'An unexpected error; it is a bug.', 'Report it with the requestId and the log.'),
} satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problems
export const ProblemCode = z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]).meta({ id: 'ProblemCode' })

/** One refused field: where it stands (`ports.0.port`) and why. */
export const FieldError = z.object({ path: z.string(), message: z.string() }).meta({ id: 'FieldError' })
export type FieldError = z.infer<typeof FieldError>

/** An error document: RFC 9457 (application/problem+json) with a stable `code`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: ProblemCode,
    detail: z.string(),
    hint: z.string(),
    errors: z.array(FieldError).optional(),
    missingPermission: z.array(z.string()).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** The problem document of a code, with what happened in this case. */
export const makeProblem = (code: ProblemCode, detail: string, more: Partial<Problem> = {}): Problem => ({
  type: `urn:bramble:problem:${code}`,
  title: problems[code].meaning,
  status: problems[code].status,
  code,
  detail,
  hint: problems[code].hint,
  ...more,
})
