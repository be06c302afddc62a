import type { NewEvent } from '@sanad/protocol/domain/events'
import type { ProblemCode } from '@sanad/protocol/text/problems'

/** A device that an act on many did not change, and why. */
export interface NotDone {
  /** Null: nothing in the repository has this serial number. */
  readonly deviceId: string | null
  readonly serialNo: string
  readonly code: ProblemCode
  readonly detail?: string
}

/** What became of a part of an act on many. Devices in neither were as they were to be already. */
export interface WorkedOff {
  readonly changed: number
  readonly failures: readonly NotDone[]
  /** For the end of the transaction: first what followed from the acts, then the acts, which carry the note. */
  readonly consequences?: readonly NewEvent[]
  readonly events: readonly NewEvent[]
}
