/**
 * QEMU's migration stream, as far as it is needed here. Sources: QEMU 10.0, docs/devel/migration/main.rst ("Stream
 * structure"), migration/savevm.c and migration/ram.c. All numbers are big-endian.
 *
 *   "QEVM" u32 version 3
 *   07 configuration: u32 length, machine type, subsections 05 { u8 length, name, u32 version, content }
 *   08 command: u16 command, u16 length, payload
 *   01 start of a live section: u32 id, u8 length, name, u32 instance, u32 version, content
 *   02 part, 03 end of it: u32 id, content
 *   04 full section of a device; each section ends with the footer 7e, u32 id
 *   00 end, then 06 description: u32 length, JSON
 *
 * The content of the section `ram` is records: u64 address | flags, and what the flags ask for.
 */
export const STREAM_MAGIC = 0x5145564d
export const STREAM_VERSION = 3

export const SECTION = {
  end: 0x00,
  start: 0x01,
  part: 0x02,
  last: 0x03,
  subsection: 0x05,
  description: 0x06,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const

export const RAM = {
  /** + u8 fill, always 0 */
  zero: 0x02,
  /** the list of blocks: until the lengths add up to the address, { u8 length, name, u64 length } */
  sizes: 0x04,
  /** + 4096 bytes */
  page: 0x08,
  /** the end of this section */
  endOfSection: 0x10,
  /** the same block as the record before; otherwise u8 length and name follow */
  sameBlock: 0x20,
  /** a mark for multifd; nothing follows */
  flush: 0x200,
} as const

export const COMMAND = { openReturnPath: 1, ping: 2, postcopyAdvise: 3, enableColo: 9, receivedBitmap: 10 } as const

/** Message 1 (SHUT) of length 4 on the return path, status 0: the destination has all it needs. */
export const RETURN_PATH_SHUT = Buffer.from('0001000400000000', 'hex')
