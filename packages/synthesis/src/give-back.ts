/**
 * Frees the memory of a large buffer that is not used any more. Garbage of this size, hundreds of megabytes for one VM,
 * would make V8 look through all of the heap again and again, on the processors on which QEMU is being started.
 */
export function giveBack({ buffer }: Buffer): void {
  // What is smaller may lie in memory that other buffers share.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0)
}
