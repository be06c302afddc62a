import { PLATFORM, type PortsBetween } from '../platform/platform.ts'

/** Which programs listen on the ports of SBIs, as far as the system tells this account. */

export interface WhoListens {
  readonly port: number
  /** False where the program listens at an address that MOSIP does not ask, such as ::1. */
  readonly isAtLoopback: boolean
  readonly program?: string
  readonly pid?: number
}

/** @returns undefined where the system has no table of listening ports */
export async function findWhoListens(
  range: PortsBetween,
): Promise<ReadonlyMap<number, WhoListens> | undefined> {
  const { host } = PLATFORM
  const listeners = await host.listListeners(range)
  if (listeners === undefined) return undefined
  const programs = await host.findPrograms(listeners)
  return new Map(
    listeners.map(({ port, isAtLoopback }): [number, WhoListens] => {
      const { name: program, pid } = programs.get(port) ?? {}
      return [
        port,
        {
          port,
          isAtLoopback,
          ...(program !== undefined && { program }),
          ...(pid !== undefined && { pid }),
        },
      ]
    }),
  )
}
