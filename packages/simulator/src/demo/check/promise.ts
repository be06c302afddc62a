/** One promise of the demo: whether it held, and a figure where there is one. */
export interface KeptPromise {
  readonly holds: boolean
  readonly figure?: number | string
  /** Only when it does not hold. */
  readonly why?: string
}

export type Promises = Record<string, KeptPromise>

export const kept = (figure?: number | string): KeptPromise => ({
  holds: true,
  ...(figure !== undefined && { figure }),
})
export const broken = (why: string, figure?: number | string): KeptPromise => ({
  holds: false,
  why,
  ...(figure !== undefined && { figure }),
})
export const keptIf = (holds: boolean, why: string, figure?: number | string): KeptPromise =>
  holds ? kept(figure) : broken(why, figure)

/** A promise that throws is broken, and the next ones are still looked at. */
export async function look(
  promises: Promises,
  name: string,
  check: () => Promise<KeptPromise>,
): Promise<void> {
  try {
    promises[name] = await check()
  } catch (error) {
    promises[name] = broken(error instanceof Error ? error.message : String(error))
  }
}
