interface ChannelDeviceTable {
  readonly device_id: string
  readonly process_id: string
  readonly since: Date
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly channel_device: ChannelDeviceTable
  }
}

export type { ChannelDeviceTable }
