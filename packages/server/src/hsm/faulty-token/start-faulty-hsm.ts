import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { makeTestToken, type TestHsm } from '../../../test/test-hsm.ts'
import type { HsmConfig, HsmLimits } from '../hsm-config.ts'
import { Pkcs11Hsm } from '../pkcs11-hsm.ts'

export type FaultyCall = 'C_Login' | 'C_SignInit' | 'C_Sign' | 'C_OpenSession' | 'C_CopyObject'

export interface FaultyHsm extends TestHsm {
  /** The next `times` calls answer this return value, or never answer. */
  fail(call: FaultyCall, answer: number | 'stall', times?: number): Promise<void>
  addTokenFlags(flags: number): Promise<void>
  count(call: FaultyCall): Promise<number>
  /** Another start on the same token, as after a restart of the server. */
  openAgain(): Promise<Pkcs11Hsm>
}

const QUICK: Partial<HsmLimits> = {
  callMs: 1000,
  deadlineMs: 5000,
  keepAliveMs: 60_000,
  backoffMs: [200, 400],
}

export interface FaultyHsmOptions {
  readonly limits?: Partial<HsmLimits>
  /** As behaviours.c knows them. */
  readonly behaviours?: readonly string[]
  readonly config?: Partial<HsmConfig>
}

export const startFaultyHsm = (limits: Partial<HsmLimits> = {}): Promise<FaultyHsm> =>
  startOddHsm({ limits })

/** A SoftHSM token behind a module that fails as told; compiled with the C compiler that pkcs11js needs as well. */
export async function startOddHsm({
  limits,
  behaviours = [],
  config: more,
}: FaultyHsmOptions): Promise<FaultyHsm> {
  const sound = await makeTestToken()
  const orders = join(sound.directory, 'orders')
  mkdirSync(orders)
  const config = {
    ...sound.config,
    module: compileModule(sound.directory),
    environment: {
      ...sound.config.environment,
      FAULTY_REAL: sound.config.module,
      FAULTY_DIRECTORY: orders,
      FAULTY_BEHAVIOURS: behaviours.join(','),
    },
    limits: { ...QUICK, ...limits },
    ...more,
  }
  const hsm = await Pkcs11Hsm.open(config)
  return {
    hsm,
    config,
    directory: sound.directory,
    fail: (call, answer, times = 1) =>
      writeFile(
        join(orders, call),
        `${answer === 'stall' ? answer : answer.toString(16)} ${times}`,
      ),
    addTokenFlags: (flags) => writeFile(join(orders, 'flags'), flags.toString(16)),
    async count(call) {
      const log = await readFile(join(orders, 'log'), 'utf8')
      return log.split('\n').filter((line) => line === call).length
    },
    openAgain: () => Pkcs11Hsm.open(config),
    async [Symbol.asyncDispose]() {
      await hsm.close()
      await sound[Symbol.asyncDispose]()
    },
  }
}

function compileModule(directory: string): string {
  const binding = dirname(createRequire(import.meta.url).resolve('pkcs11js'))
  const module = join(directory, 'faulty-module.so')
  const sources = ['faulty-module.c', 'behaviours.c'].map((name) => join(import.meta.dirname, name))
  const headers = join(binding, 'includes', 'pkcs11')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-I', headers, '-o', module, ...sources, '-ldl'])
  return module
}
