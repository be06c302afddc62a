import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { describe, expect, it } from 'vitest'
import { approveTestDevice, registerTestDevice } from '../../server/test/test-devices.ts'
import { db, modelId, readJson, sanad, signIn } from './command-line-under-test.ts'

describe('campaigns', () => {
  it(
    'are started in phases, shown, paused, resumed and stopped',
    { timeout: 120_000 },
    async () => {
      await signIn()
      const started = await sanad(
        'campaigns',
        'start',
        'collect-information',
        '--all',
        '--name',
        'Look at all',
        '--phase',
        '10:soak=60',
        '--phase',
        '5%:success=95',
        '--window',
        '1,2/20:00-06:00',
        '--json',
      )
      expect(started.err).toBe('')
      const { campaignId } = readJson<CampaignView>(started)
      const shownAs = async (verb: string) =>
        readJson<CampaignView>(await sanad('campaigns', verb, campaignId, '--json'))
      expect(await shownAs('show')).toMatchObject({
        state: 'running',
        phases: [{ devices: 10, soakMinutes: 60 }, { percent: 5 }, {}],
        maintenanceWindow: { days: [1, 2], from: '20:00', to: '06:00' },
      })
      expect(await shownAs('pause')).toMatchObject({ state: 'paused', pausedBecause: 'operator' })
      expect(await shownAs('resume')).toMatchObject({ state: 'running' })
      const stopped = await sanad('campaigns', 'stop', campaignId)
      expect(stopped.out).toMatch(/state +stopped/)
      expect(stopped.out).toMatch(/^PHASE +UP TO +STATE/m)
      expect(await sanad('campaigns', 'resume', campaignId)).toMatchObject({
        code: 1,
        err: expect.stringContaining('campaign.state-refused') as string,
      })
      expect((await sanad('campaigns', 'list')).out).toContain('Look at all')
    },
  )

  it('list their devices with what became of each', { timeout: 120_000 }, async () => {
    await signIn()
    await registerTestDevice(db, await approveTestDevice(db, modelId, 'CAMPAIGN0001'))
    const words = ['collect-information', '--serial', 'CAMPAIGN0001', '--name', 'One of them']
    const started = await sanad('campaigns', 'start', ...words, '--json')
    const { campaignId } = readJson<CampaignView>(started)
    const devices = (...more: string[]) => sanad('campaigns', 'devices', campaignId, ...more)
    expect((await devices()).out).toMatch(/^CAMPAIGN0001 .* waiting/m)
    expect((await devices('--state', 'failed')).out).toBe('None.\n')
    expect(await devices('--state', 'sleeping')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--state cannot be “sleeping”') as string,
    })
    await sanad('campaigns', 'stop', campaignId)
  })

  it('order new keys, and need to know for whom', async () => {
    await signIn()
    const named = ['campaigns', 'start', 'rotation', '--name', 'New keys']
    expect(await sanad(...named)).toMatchObject({ code: 2 })
    const started = await sanad(...named, '--all', '--reason', 'policy', '--json')
    expect(readJson<CampaignView>(started)).toMatchObject({
      kind: 'rotation',
      body: { reason: 'policy' },
    })
  })
})

describe('groups and acts on many devices', () => {
  it('fills a group by a filter, previews a bulk action, and runs it with --yes', async () => {
    await signIn()
    for (const n of [1, 2, 3]) await approveTestDevice(db, modelId, `CLIGROUP000${n}`)
    expect((await sanad('groups', 'create', 'Centres of the north')).out).toContain('created')
    const filled = await sanad('groups', 'add', 'centres of the north', '--search', 'CLIGROUP')
    expect(filled).toMatchObject({ code: 0 })
    expect(filled.out).toContain('assign-group finished: 3 devices changed, 0 not.')
    const shown = readJson<GroupDetail>(
      await sanad('groups', 'show', 'Centres of the north', '--json'),
    )
    expect(shown).toMatchObject({ devices: 3, states: { approved: 3 } })

    const words = [
      'bulk',
      'order',
      'deregister',
      '--group',
      shown.groupId,
      '--reason',
      'end-of-life',
    ]
    const asked = await sanad(...words)
    expect(asked.out).toContain('3 of 3 devices would change; nothing was done.')
    expect((await sanad('devices', 'list', '--group', shown.groupId)).out).not.toContain(
      'deregistered',
    )
    expect((await sanad(...words, '--yes')).out).toContain('deregister finished: 3 devices changed')
    const again = await sanad(...words, '--yes')
    expect(again.out).toContain('0 devices changed, 3 not.')

    expect((await sanad('groups', 'delete', 'Centres of the north')).err).toContain('group.in-use')
    expect((await sanad('groups', 'empty', 'Centres of the north')).code).toBe(0)
    expect((await sanad('groups', 'delete', 'Centres of the north')).code).toBe(0)
  }, 60_000)

  it('orders nothing for a whole fleet by mistake, and names a wrong value of the filter', async () => {
    await signIn()
    expect(await sanad('bulk', 'order', 'suspend', '--reason', 'lost', '--yes')).toMatchObject({
      code: 2,
    })
    const wrong = await sanad('devices', 'list', '--level', 'L7')
    expect(wrong).toMatchObject({
      code: 2,
      err: expect.stringContaining('--level cannot be “L7”. Choose one of: L0, L1') as string,
    })
  }, 60_000)
})
