import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { RefusalView } from '@sanad/protocol/operator-api/registration'
import type { useNavigate } from '@tanstack/react-router'
import { ShieldX } from 'lucide-react'
import { DeviceTypeIcon } from '../models/device-type.tsx'
import type { Command } from './commands.tsx'

export function deviceCommand(
  device: DeviceListItem,
  navigate: ReturnType<typeof useNavigate>,
): Command {
  return {
    id: device.deviceId,
    label: device.serialNo,
    icon: <DeviceTypeIcon type={device.deviceType} />,
    note: `${device.make} ${device.model}`,
    run: () => void navigate({ to: '/devices/$deviceId', params: { deviceId: device.deviceId } }),
  }
}

export function refusalCommand(
  refusal: RefusalView,
  navigate: ReturnType<typeof useNavigate>,
): Command {
  return {
    id: refusal.claimId,
    label: refusal.serialNo,
    icon: <ShieldX aria-hidden="true" />,
    note: `${refusal.make} ${refusal.model} · ${refusal.supportCode}`,
    run: () => void navigate({ to: '/refused', search: { q: refusal.supportCode } }),
  }
}
