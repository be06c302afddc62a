import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { describeHsm } from '../../test/hsm-suite.ts'
import { deviceTbs, isSigned } from '../../test/hsm-samples.ts'
import { TEST_TOKENS, startTestHsm } from '../../test/test-hsm.ts'
import { Pkcs11Hsm } from './pkcs11-hsm.ts'

for (const token of TEST_TOKENS) {
  // NSS softokn lets a key be wrapped that is marked as not extractable: the proof finds it out.
  const gaps = token === 'nss' ? /C_WrapKey .* was not refused/ : undefined
  const config = { limits: { keepAliveMs: 60_000 } }
  describeHsm(token, () => startTestHsm({ token, config }), gaps)
}

describe('an HSM that does not answer', () => {
  it('fails a request by its deadline without blocking, and replaces an agent that does not answer', async () => {
    await using made = await startTestHsm({
      config: {
        limits: { callMs: 700, deadlineMs: 1500, keepAliveMs: 60_000, backoffMs: [100, 200] },
      },
    })
    const key = await made.hsm.generateKey('provider-ca', { modulusBits: 2048 })
    const pid = made.hsm.agentPid ?? 0
    if (pid > 0) process.kill(pid, 'SIGSTOP')
    let longestPause = 0
    let last = performance.now()
    const heart = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last)
      last = performance.now()
    }, 10)
    await expect(made.hsm.signDeviceCertificate(key.id, deviceTbs())).rejects.toMatchObject({
      code: 'hsm.unavailable',
      retryable: true,
    })
    clearInterval(heart)
    expect(longestPause).toBeLessThan(500)
    const tbs = deviceTbs()
    await expect
      .poll(
        () =>
          made.hsm.signDeviceCertificate(key.id, tbs).then(
            (signature) => isSigned(key, tbs, signature),
            () => false,
          ),
        { timeout: 15_000, interval: 100 },
      )
      .toBe(true)
    expect(made.hsm.agentPid).not.toBe(pid)
  })

  it('refuses requests that would wait too long for the HSM', async () => {
    await using made = await startTestHsm({ config: { limits: { queue: 5, keepAliveMs: 60_000 } } })
    const key = await made.hsm.generateKey('provider-ca', { modulusBits: 2048 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => made.hsm.signDeviceCertificate(key.id, deviceTbs())),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'hsm.overloaded', retryable: true })
    expect(outcomes.length - refused.length).toBeGreaterThan(0)
  })
})

describe('a PIN that the token refuses', () => {
  it('never tries a refused PIN again', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    const pin = await readFile(made.config.pinFile, 'utf8')
    await writeFile(made.config.pinFile, `${pin.trim().slice(0, -1)}#`)
    const hsm = await Pkcs11Hsm.open(made.config)
    try {
      for (let i = 0; i < 3; i++)
        await expect(hsm.listKeys()).rejects.toMatchObject({ code: 'hsm.pin-refused' })
      await wait(300)
      expect(hsm.health()).toMatchObject({ state: 'pin-refused', restarts: 0 })
    } finally {
      await hsm.close()
    }
    // The right PIN still works: the token was not locked by tries in a row.
    await writeFile(made.config.pinFile, pin)
    const again = await Pkcs11Hsm.open(made.config)
    await expect(again.listKeys()).resolves.toEqual([])
    await again.close()
  })

  it('reads no PIN from a file that others may read', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    await chmod(made.config.pinFile, 0o644)
    const opened = await Pkcs11Hsm.open(made.config).then(
      async (hsm) => {
        const state = await hsm.listKeys().then(
          () => 'signed in',
          (error: { code: string }) => error.code,
        )
        await hsm.close()
        return state
      },
      (error: { code: string }) => error.code,
    )
    expect(['server.configuration-invalid', 'hsm.pin-refused']).toContain(opened)
  })
})

describe('production', () => {
  const fipsCertificate = {
    number: '4321',
    standard: 'FIPS 140-3',
    level: 3,
    moduleName: 'A module',
  } as const

  it.each(['softhsm', 'nss'] as const)(
    'refuses the software token %s in production, even with a recorded certificate',
    async (token) => {
      await using made = await startTestHsm({ token })
      await made.hsm.close()
      await expect(
        Pkcs11Hsm.open({ ...made.config, mode: 'production', fipsCertificate }),
      ).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    },
  )

  it('refuses a token in production without a recorded Level 3 certificate', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sanad-fips-'))
    const config = {
      module: '/usr/lib/vendor.so',
      tokenLabel: 'x',
      pinFile: join(directory, 'pin'),
      mode: 'production',
    } as const
    await expect(Pkcs11Hsm.open(config)).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    await expect(
      Pkcs11Hsm.open({ ...config, fipsCertificate: { ...fipsCertificate, number: 'none' } }),
    ).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    expect(readdirSync(directory)).toEqual([])
    await rm(directory, { recursive: true })
  })
})
