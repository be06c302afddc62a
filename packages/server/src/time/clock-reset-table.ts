export interface ClockResetTable {
  readonly device_id: string
  readonly command_id: string
  readonly number: number
  readonly subject: string
  readonly floor: Date
  /** The JWS. */
  readonly statement: string
  /** The same order under the former certificate (docs/adr/0010); null in orders from before that change. */
  readonly former_statement: string | null
  readonly ordered_at: Date
  readonly ordered_by: string
  readonly not_after: Date
  /** When somebody first asked for it. */
  readonly sent_at: Date | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly clock_reset: ClockResetTable
  }
}
