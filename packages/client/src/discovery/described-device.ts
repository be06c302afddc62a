import type { DeviceStatus, Level } from '@sanad/protocol/domain/device-kinds'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'

/** A device as its SBI describes it, in the forms of the specification whatever the SBI wrote. */
export interface DescribedDevice {
  /** `dateTime` is a hint; where the SBI gives none that can be read, it is the time of reading. */
  readonly digitalId: DigitalId
  readonly level: Level
  readonly deviceStatus: DeviceStatus
  /** At most 64 characters; empty where the SBI gives none; so are the next three, of 64, 32 and 32. */
  readonly serviceVersion: string
  readonly firmware: string
  readonly purpose: string
  readonly env: string
  /** At most 8, of 16 characters each. */
  readonly specVersions: readonly string[]
  /** DER of the certificate of the key that signed the description; undefined when it is unsigned. */
  readonly certificate: Uint8Array | undefined
  /** What is wrong, as a number of MOSIP’s (MF §1.4, 40); its words are not read. */
  readonly errorCode?: string
}
