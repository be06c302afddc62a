import description from '../../package.json' with { type: 'json' }

export const CLIENT_VERSION: string = description.version
