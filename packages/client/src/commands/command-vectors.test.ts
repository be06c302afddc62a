import { describe, expect, it } from 'vitest'
import { NOW, managementRoots, vectors } from '../../../protocol/test/read-vectors.ts'
import { openCommand } from './open-command.ts'

const open = (jws: string) =>
  openCommand(jws, {
    managementRoots,
    serverId: vectors.server,
    subject: vectors.subjects.L1,
    now: NOW,
  })

describe('the published commands', () => {
  it.each(vectors.commands)('opens a published command: $name', ({ jws, payload }) => {
    expect(open(jws)).toMatchObject({ kind: 'command', command: JSON.parse(payload) as object })
  })

  it.each(vectors.refused.commands)(
    'drops a published command that is wrong: $name ($code)',
    ({ jws, code }) => {
      expect(open(jws)).toEqual({ kind: 'dropped', code })
    },
  )
})
