import type { DeviceType } from '@sanad/protocol/domain/device-kinds'
import { Eye, Fingerprint, ScanFace } from 'lucide-react'

const ICONS = { Finger: Fingerprint, Iris: Eye, Face: ScanFace } as const

export function DeviceTypeIcon({ type, className }: { type: DeviceType; className?: string }) {
  const Icon = ICONS[type]
  return <Icon aria-hidden="true" className={className ?? 'size-4 shrink-0'} />
}
