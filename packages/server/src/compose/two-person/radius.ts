import type { Radius } from '../../operators/proposals/two-person-operation.ts'

/** Of what touches no device. */
export const NO_DEVICES = { devices: 0, connected: 0 } as const

export type Change = Radius['changes'][number]

export const change = (member: string, from: string | null, to: string | null): Change => ({
  member,
  from,
  to,
})

type Setting = number | string | boolean | readonly string[] | null | undefined

/** Members that differ, in the order of their names. */
export function differences(
  members: readonly string[],
  from: object | undefined,
  to: object | undefined,
): readonly Change[] {
  const textOf = (value: object | undefined, name: string): string | null => {
    // Settings are flat.
    const members = value as Readonly<Record<string, Setting>> | undefined
    const member = members?.[name] ?? null
    return member === null ? null : [member].flat().join(', ')
  }
  return members.flatMap((name) => {
    const [before, after] = [textOf(from, name), textOf(to, name)]
    return before === after ? [] : [change(name, before, after)]
  })
}
