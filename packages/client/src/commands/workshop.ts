import type { ClientConfiguration } from '@sanad/protocol/domain/commands'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import type { MaintenanceWindow } from './maintenance-window.ts'

/**
 * What this client can do for a command beyond the state of a device. A closed list as well: nothing here can
 * ask an SBI for more than who it is.
 */
export interface Workshop {
  /** The roots that the command key is certified under. */
  readonly managementRoots: readonly Certificate[]
  /** Of this life of the process. */
  readonly run: string
  /** As it is in force now. */
  readonly maintenanceWindow: () => MaintenanceWindow | undefined
  /** The client’s own log, after the tripwire. @param since trusted time */
  readonly collectLogs: (
    since: number,
    limit: number,
  ) => Required<Pick<CommandReport, 'log' | 'redactions'>>
  /** On disk when it returns, and in force. @throws SanadError */
  readonly applyConfiguration: (configuration: ClientConfiguration) => Promise<void>
  /** Ends this process for its supervisor to start it again; undefined where there is none. */
  readonly restartClient: (() => void) | undefined
  /** Makes the SBI of a device read its key again; undefined where the configuration does not say how. */
  readonly restartSbi: (() => Promise<void>) | undefined
  /** Writes, flushes and reads back. @throws SanadError `client.storage-failed` */
  readonly tryStorage: () => Promise<void>
  /** Asks the server for its statement now. @returns milliseconds from question to answer */
  readonly measureTime: (signal: AbortSignal) => Promise<number>
  /** The one way back for a clock that was led into the future; undefined where there is none. */
  readonly resetTime?: (floor: number | undefined) => Promise<void>
}
