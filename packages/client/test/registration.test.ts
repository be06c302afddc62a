import { expect, it } from 'vitest'
import { Desk, aDevice, until } from './desk.ts'

it('registers an L1 device through its chip and checks in', async () => {
  await using desk = await Desk.open()
  const profile = aDevice('slap')
  await desk.plug(profile)
  await desk.startAgent()

  const report = await until(() => {
    const seen = desk.reportOf(profile)
    return seen?.light === 'green' && seen
  }).catch((error) => {
    console.log(desk.log, desk.reportOf(profile))
    throw error
  })

  expect(report).toMatchObject({ progress: 'registered', presentsCertificate: true })
  expect(desk.server.typesSeen()).toEqual(['registration-challenge', 'registration', 'check-in'])
})

it('registers an L0 device and hands its key over', async () => {
  await using desk = await Desk.open()
  const profile = aDevice('face')
  await desk.plug(profile)
  await desk.startAgent()

  const report = await until(() => {
    const seen = desk.reportOf(profile)
    return seen?.light === 'green' && seen
  }).catch((error) => {
    console.log(desk.log, desk.reportOf(profile))
    throw error
  })
  expect(report).toMatchObject({ progress: 'registered', presentsCertificate: true })
})
