import type { DeviceFilter, DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MOST_NAMED_DEVICES } from '@sanad/protocol/operator-api/bulk-acts'

/** Which devices of the list are chosen for an act: some by name, page after page, or all that match its filter. */
export interface Selecting {
  readonly ids: ReadonlySet<string>
  /** All that match, also those of other pages and those that come to match. */
  readonly isEvery: boolean
  readonly page: readonly DeviceListItem[]
  readonly toggle: (deviceId: string) => void
  readonly togglePage: () => void
  readonly selectEvery: () => void
  readonly clear: () => void
}

interface Chosen {
  readonly of: string
  readonly ids: ReadonlySet<string>
  readonly isEvery: boolean
}

const nothing = (of: string): Chosen => ({ of, ids: new Set(), isEvery: false })

/** Another filter is another question: what was chosen under the first is let go. */
export function useSelecting(filter: DeviceFilter, page: readonly DeviceListItem[]): Selecting {
  const of = JSON.stringify(filter)
  const [kept, setKept] = useState(() => nothing(of))
  const chosen = kept.of === of ? kept : nothing(of)
  return useMemo(() => {
    const set = (ids: ReadonlySet<string>) => setKept({ of, ids, isEvery: false })
    const pageIds = page.map(({ deviceId }) => deviceId)
    const isWhole = pageIds.every((id) => chosen.ids.has(id))
    return {
      ...chosen,
      page,
      toggle: (deviceId) => {
        const ids = new Set(chosen.isEvery ? pageIds : chosen.ids)
        if (!ids.delete(deviceId) && ids.size < MOST_NAMED_DEVICES) ids.add(deviceId)
        set(ids)
      },
      togglePage: () => {
        if (chosen.isEvery) return setKept(nothing(of))
        if (!isWhole) return set(new Set([...chosen.ids, ...pageIds].slice(0, MOST_NAMED_DEVICES)))
        set(new Set([...chosen.ids].filter((id) => !pageIds.includes(id))))
      },
      selectEvery: () => setKept({ of, ids: new Set(), isEvery: true }),
      clear: () => setKept(nothing(of)),
    }
  }, [chosen, of, page])
}

export const isChosen = ({ ids, isEvery }: Selecting): boolean => isEvery || ids.size > 0

export const isWholePage = ({ ids, page }: Selecting): boolean =>
  page.length > 0 && page.every(({ deviceId }) => ids.has(deviceId))

const boxClass = 'size-4 shrink-0 cursor-pointer rounded-sm accent-accent'

export function SelectDevice({
  selecting,
  device,
}: {
  selecting: Selecting
  device: DeviceListItem
}) {
  const { t } = useTranslation()
  return (
    <input
      type="checkbox"
      aria-label={t('bulk.select', { serial: device.serialNo })}
      checked={selecting.isEvery || selecting.ids.has(device.deviceId)}
      onChange={() => selecting.toggle(device.deviceId)}
      className={boxClass}
    />
  )
}

export function SelectPage({ selecting }: { selecting: Selecting }) {
  const { t } = useTranslation()
  const box = useRef<HTMLInputElement>(null)
  const isWhole = selecting.isEvery || isWholePage(selecting)
  const isSome = !isWhole && selecting.page.some(({ deviceId }) => selecting.ids.has(deviceId))
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = isSome
  }, [isSome])
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={t('bulk.select-page')}
      checked={isWhole}
      onChange={selecting.togglePage}
      className={boxClass}
    />
  )
}
