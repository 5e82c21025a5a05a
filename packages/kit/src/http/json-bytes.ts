/**
 * An answer that its handler has as JSON already: of documents that are asked for often and change seldom the bytes are
 * kept, not made for each caller.
 */
export class JsonBytes<Answer> {
  readonly bytes: Buffer
  /** What the bytes stand for. */
  declare readonly answer: Answer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}
