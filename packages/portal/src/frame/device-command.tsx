import type { DeviceListItem } from '@sanad/protocol/api/devices'
import type { useNavigate } from '@tanstack/react-router'
import { DeviceTypeIcon } from '../devices/device-type.tsx'
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
