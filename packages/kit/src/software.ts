/** What somebody else's server, or library, says that it is. */
export interface Software {
  /** `RabbitMQ` */
  product: string
  version?: string
  /** Where it runs: the address by which it is known, without credentials; absent when it is in this process. */
  host?: string
}
