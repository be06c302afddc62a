import { describeHsm } from '../../../test/hsm-suite.ts'
import { WORKED_AROUND } from './behaviours.ts'
import { startOddHsm } from './start-faulty-hsm.ts'

const LIMITS = { callMs: 8000, deadlineMs: 60_000, keepAliveMs: 60_000 }

for (const { name, accept = [] } of WORKED_AROUND[1] ?? []) {
  describeHsm(`a token with ${name}`, () =>
    startOddHsm({ behaviours: name.split(','), limits: LIMITS, config: { accept } }),
  )
}
