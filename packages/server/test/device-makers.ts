import { DeviceUnderTest } from './device-under-test.ts'
import type { TestServer } from './test-server.ts'

/** Approved devices of one model of each level, with all that they need to register. */
export interface DeviceMakers {
  readonly L1: (unit?: { serialNo?: string; deviceId?: string }) => Promise<DeviceUnderTest>
  readonly L0: () => Promise<DeviceUnderTest>
}

export const ENROLMENT_SECRET = 'ABCDE-FGHJK-LMNPQ-RSTUV'

/** A model of each level, and the FTM provider of the L1 chips. */
export async function addModels(server: TestServer) {
  const ftm = await server.addFtmProvider()
  const l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  const l0 = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  return { ftm, l1, l0 }
}

export async function addDeviceMakers(server: TestServer): Promise<DeviceMakers> {
  const { ftm, l1, l0 } = await addModels(server)
  return {
    L1: (unit) => DeviceUnderTest.makeL1(server, l1, ftm, unit),
    L0: () => DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: ENROLMENT_SECRET }),
  }
}
